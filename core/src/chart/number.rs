//! Numbers for people: a true minus sign, powers of ten as 10ˣ, no more digits than tell two numbers apart.

/// `value` with `decimals` digits after the point and a true minus sign; minus zero is zero.
#[must_use]
pub fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let zero = text.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    if value < 0.0 && !zero { format!("\u{2212}{text}") } else { text }
}

/// `value` in at most three significant digits, with k, M, G or T for thousands and more, and 10ˣ beyond.
#[must_use]
pub fn compact(value: f64) -> String {
    significant(value, 3)
}

/// The same with a choice of digits.
pub fn significant(value: f64, digits: i32) -> String {
    let size = value.abs();
    match value {
        0.0 => return "0".into(),
        _ if value.is_nan() => return "none".into(),
        f64::INFINITY => return "∞".into(),
        f64::NEG_INFINITY => return "\u{2212}∞".into(),
        _ => {}
    }
    if !(1e-4..1e15).contains(&size) {
        return scientific(value);
    }
    let (_, unit, name) = UNITS.into_iter().find(|(from, ..)| size >= 0.9995 * from).unwrap_or((0.0, 1.0, ""));
    let shown = value / unit;
    let decimals = digits - 1 - shown.abs().log10().floor() as i32;
    trimmed(&rounded(shown, usize::try_from(decimals).unwrap_or(0))) + name
}

/// From which size on, in units of what, and its name.
const UNITS: [(f64, f64, &str); 4] = [(1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")];

/// A power of ten, as on a logarithmic axis: 0.001 to 100 as they are.
pub fn power(negative: bool, exponent: i32) -> String {
    let sign = if negative { "\u{2212}" } else { "" };
    match exponent {
        -3..=2 => format!("{sign}{}", 10_f64.powi(exponent)),
        _ => format!("{sign}10{}", superscript(&exponent.to_string())),
    }
}

fn scientific(value: f64) -> String {
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let text = format!("{:.1e}", value.abs());
    let (factor, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{sign}{} × 10{}", trimmed(factor), superscript(exponent))
}

fn superscript(number: &str) -> String {
    number.chars().map(raised).collect()
}

fn raised(c: char) -> char {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    c.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize])
}

/// Without zeros that say nothing.
fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::{compact, power, rounded};

    #[test]
    fn numbers_read_as_people_write_them() {
        let texts = [0.0, 0.0625, -0.372, 4.867, 999.6, 34_000.0, -6_389.2, 2.76e9, 5.14e26, 1e-7].map(compact);
        assert_eq!(texts, ["0", "0.0625", "−0.372", "4.87", "1000", "34k", "−6389", "2.76G", "5.1 × 10²⁶", "1 × 10⁻⁷"]);
    }

    #[test]
    fn what_is_not_finite_is_no_power_of_ten() {
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(compact), ["none", "∞", "−∞"]);
    }

    #[test]
    fn minus_zero_is_zero() {
        assert_eq!(rounded(-0.0001, 2), "0.00");
        assert_eq!(rounded(-0.25, 2), "−0.25");
    }

    #[test]
    fn powers_of_ten_have_raised_exponents() {
        assert_eq!(
            [power(false, 2), power(true, 12), power(false, -2), power(false, -5)],
            ["100", "−10¹²", "0.01", "10⁻⁵"]
        );
    }
}

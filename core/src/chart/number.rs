//! Numbers for people: a true minus sign, powers of ten as 10ˣ, no more digits than distinguish two numbers.

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

/// Share of a column, on both sides of a value, from which its digits distinguish it.
const NEIGHBOURHOOD: f64 = 0.05;

/// Least number of different texts within that share.
const STEPS: f64 = 10.0;

/// The most digits that are of use to a reader.
const MOST_DIGITS: i32 = 10;

/// `value` in as many significant digits as distinguish it from its neighbours in a column, at least `least`: more
/// where the values lie close together. `sorted` holds the finite values of the column in ascending order.
#[must_use]
pub fn among(value: f64, sorted: &[f64], least: i32) -> String {
    significant(value, digits(value, sorted).max(least))
}

/// Digits that divide the neighbourhood of a value into at least [`STEPS`]; 1 where the column is empty or constant.
fn digits(value: f64, sorted: &[f64]) -> i32 {
    let rank = sorted.partition_point(|other| *other < value);
    let mut reach = (NEIGHBOURHOOD * sorted.len() as f64).ceil() as usize;
    while value.is_finite() && value != 0.0 && reach > 0 && reach < 2 * sorted.len() {
        let low = sorted[rank.saturating_sub(reach).min(sorted.len() - 1)].min(value);
        let high = sorted[(rank + reach).min(sorted.len() - 1)].max(value);
        if low < high {
            let step = ((high - low) / STEPS).log10().floor();
            return (value.abs().log10().floor() - step).clamp(0.0, f64::from(MOST_DIGITS - 1)) as i32 + 1;
        }
        // All equal: the next different value is farther away.
        reach *= 2;
    }
    1
}

/// `value` in at most so many significant digits.
#[must_use]
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
        // One digit fewer than requested: the exponent takes room, too.
        return scientific(value, usize::try_from(digits - 2).unwrap_or(0));
    }
    let (_, unit, name) = UNITS.into_iter().find(|(from, ..)| size >= 0.9995 * from).unwrap_or((0.0, 1.0, ""));
    let shown = value / unit;
    let decimals = digits - 1 - shown.abs().log10().floor() as i32;
    trimmed(&rounded(shown, usize::try_from(decimals).unwrap_or(0))) + name
}

/// The size from which a unit is used, the unit, and its name.
const UNITS: [(f64, f64, &str); 4] = [(1e12, 1e12, "T"), (1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")];

/// A power of ten, as on a logarithmic axis: 0.001 to 100 as they are.
pub fn power(negative: bool, exponent: i32) -> String {
    let sign = if negative { "\u{2212}" } else { "" };
    match exponent {
        -3..=2 => format!("{sign}{}", 10_f64.powi(exponent)),
        _ => format!("{sign}10{}", superscript(&exponent.to_string())),
    }
}

fn scientific(value: f64, decimals: usize) -> String {
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    let text = format!("{:.decimals$e}", value.abs());
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

/// Without trailing zeros.
fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::{among, compact, power, rounded};

    #[test]
    fn numbers_read_as_people_write_them() {
        let texts = [0.0, 0.0625, -0.372, 4.867, 999.6, 34_000.0, -6_389.2, 2.76e9, 5.14e26, 1e-7].map(compact);
        assert_eq!(texts, ["0", "0.0625", "−0.372", "4.87", "1000", "34k", "−6389", "2.76G", "5.1 × 10²⁶", "1 × 10⁻⁷"]);
    }

    /// Half of the column lies within a millionth of 0.5, the rest between 0.5 and 1.
    #[test]
    fn digits_follow_the_spread_around_a_value() {
        let column: Vec<f64> = (0..1_000)
            .map(|n| 0.5 + 1e-9 * f64::from(n))
            .chain((0..1_000).map(|n| 0.5 + 5e-4 * f64::from(n + 1)))
            .collect();
        let texts = [0.500_000_449, 0.500_000_012, 0.75, 0.9123].map(|value| among(value, &column, 3));
        assert_eq!(texts, ["0.50000045", "0.50000001", "0.75", "0.912"]);
        let spread: Vec<f64> = (0..100).map(|n| 10_f64.powf(f64::from(n) / 4.0)).collect();
        assert_eq!(
            [4_900.273, 13_330_176.0, 1e20].map(|value| among(value, &spread, 3)),
            ["4900", "13.3M", "1 × 10²⁰"]
        );
    }

    #[test]
    fn a_constant_or_empty_column_gives_the_least_digits() {
        let text = |value, column: &[f64]| among(value, column, 3);
        assert_eq!([text(0.123_456, &[]), text(0.123_456, &[0.123_456; 9])], ["0.123", "0.123"]);
        assert_eq!([text(0.0, &[0.0, 1.0]), text(f64::NAN, &[0.0, 1.0])], ["0", "none"]);
        assert_eq!(text(1.000_000_01, &[1.0, 1.0, 1.0, 1.000_000_01]), "1.00000001");
        assert_eq!([text(f64::INFINITY, &[1.0, 2.0]), among(1.0 / 3.0, &[], 6)], ["∞", "0.333333"]);
        assert_eq!(text(-1e300, &[-1e308, 1e308]), "−1 × 10³⁰⁰");
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

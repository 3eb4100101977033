//! Numbers as they are typed into fields and written in addresses.

use untrained_core::figure::words::count;

/// The integers that a field accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegerRange {
    /// The least.
    pub least: usize,
    /// The most.
    pub most: usize,
}

impl IntegerRange {
    /// Any count of something.
    pub const COUNT: Self = Self { least: 1, most: u32::MAX as usize };

    /// Any seed.
    pub const SEED: Self = Self { least: 0, most: u32::MAX as usize };

    /// Counts up to `most`.
    pub const fn up_to(most: usize) -> Self {
        Self { least: 1, most }
    }

    /// The ids of a benchmark with this many.
    pub const fn ids(ids: u32) -> Self {
        Self { least: 0, most: ids.saturating_sub(1) as usize }
    }

    /// The number of a text that consists of digits.
    ///
    /// # Errors
    /// One sentence on what may be entered.
    pub fn read(self, text: &str) -> Result<usize, String> {
        let refused = || format!("Enter a whole number from {} to {}.", count(self.least), count(self.most));
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (self.least..=self.most).contains(number));
        number.ok_or_else(refused)
    }
}

/// The sizes of a form, written as `1000-64-96-3-20-35`.
pub fn read_sizes<const N: usize>(text: &str) -> Option<[usize; N]> {
    let numbers: Option<Vec<usize>> = text.split('-').map(|part| IntegerRange::SEED.read(part).ok()).collect();
    numbers?.try_into().ok()
}

/// The inverse of [`read_sizes`].
pub fn write_sizes(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// A part of a plane as an address holds it: bounds of x, then of y.
pub fn read_bounds(text: &str) -> Option<[f64; 4]> {
    let bounds: Option<Vec<f64>> = text.split('_').map(|bound| bound.parse().ok()).collect();
    let bounds: [f64; 4] = bounds?.try_into().ok()?;
    let [left, right, low, high] = bounds;
    (has_length(left, right) && has_length(low, high)).then_some(bounds)
}

/// Whether an axis can be drawn from a number to another: on a shorter one ticks have the same label.
fn has_length(from: f64, to: f64) -> bool {
    let length = to - from;
    length.is_finite() && length > 1e-12 * from.abs().max(to.abs()).max(1e-280)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{IntegerRange, read_bounds, read_sizes, write_sizes};

    const REFUSED: [&str; 14] = [
        "-1",
        "1.5",
        "",
        "99999999999999999999",
        "4294967296",
        "1e3",
        "three",
        " 3",
        "3 ",
        "+3",
        "0x3",
        "3,000",
        "٣",
        "NaN",
    ];

    #[test]
    fn what_is_no_integer_is_refused_with_a_sentence() {
        for text in REFUSED {
            assert_eq!(IntegerRange::up_to(64).read(text).unwrap_err(), "Enter a whole number from 1 to 64.", "{text}");
            assert!(IntegerRange::COUNT.read(text).is_err() && IntegerRange::SEED.read(text).is_err(), "{text}");
        }
        assert_eq!(IntegerRange::SEED.read("-1").unwrap_err(), "Enter a whole number from 0 to 4,294,967,295.");
    }

    #[test]
    fn bounds_belong_to_the_field() {
        let reads = |range: IntegerRange, text| range.read(text).ok();
        assert_eq!([reads(IntegerRange::COUNT, "0"), reads(IntegerRange::SEED, "0")], [None, Some(0)]);
        assert_eq!([reads(IntegerRange::up_to(64), "64"), reads(IntegerRange::up_to(64), "65")], [Some(64), None]);
        assert_eq!([reads(IntegerRange::ids(500), "499"), reads(IntegerRange::ids(500), "500")], [Some(499), None]);
        assert_eq!(reads(IntegerRange::SEED, "4294967295"), Some(4_294_967_295));
    }

    #[test]
    fn an_address_holds_all_sizes_or_none() {
        assert_eq!(read_sizes("50-8-12"), Some([50, 8, 12]));
        for text in ["50-8", "50-8-12-3", "50-x-8-12", "50--8", "", "50-8-1.5", "50-8-4294967296"] {
            assert_eq!(read_sizes::<3>(text), None, "{text}");
        }
    }

    #[test]
    fn a_window_without_a_length_is_none() {
        assert_eq!(read_bounds("-1e0_2_0.5_1e3"), Some([-1.0, 2.0, 0.5, 1e3]));
        for text in [
            "0_5e-324_0_1",
            "-1e308_1e308_0_1",
            "nan_nan_nan_nan",
            "0_inf_0_1",
            "2_1_0_1",
            "1_1_0_1",
            "0_1_0",
            "0_1_0_1_2",
            "1_1.0000000000000002_0_1",
            "0_1_x_1",
            "",
        ] {
            assert_eq!(read_bounds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_the_number_it_shows_or_refused(text in "[-+0-9.eE ]{0,12}|[0-9]{1,11}", least in 0usize..3, most in 3usize..5_000_000_000) {
            let most = most.min(u32::MAX as usize);
            let shown = text.parse::<u128>().ok().filter(|_| !text.starts_with('+'));
            let within = shown.filter(|number| (least as u128..=most as u128).contains(number));
            prop_assert_eq!(IntegerRange { least, most }.read(&text).ok().map(|number| number as u128), within);
        }

        #[test]
        fn sizes_go_through_an_address(sizes in any::<[u32; 6]>()) {
            let sizes = sizes.map(|size| size as usize);
            prop_assert_eq!(read_sizes(&write_sizes(&sizes)), Some(sizes));
        }

        #[test]
        fn a_window_of_any_text_is_one_that_can_be_drawn(text in "(-?[0-9]{1,3}(e-?[0-9]{1,3})?_){3}-?[0-9]{1,3}(e-?[0-9]{1,3})?") {
            if let Some([left, right, low, high]) = read_bounds(&text) {
                prop_assert!(left < right && low < high && (right - left).is_finite() && (high - low).is_finite());
            }
        }
    }
}

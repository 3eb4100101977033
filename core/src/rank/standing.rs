//! The rank of a value among others, as a share.

use super::Direction;

/// Share of `values`, 0 to 1, that `value` is better than. Equal values do not count as worse, infinite values count
/// like any other, and NaN is ignored. `None` where `value` is NaN or there is nothing to compare it with.
pub fn better_than(values: &[f64], value: f64, better: Direction) -> Option<f64> {
    let worse = |other: &f64| match better {
        Direction::Lower => *other > value,
        Direction::Higher => *other < value,
    };
    let known = values.iter().filter(|other| !other.is_nan());
    let (worse, known) =
        known.fold((0usize, 0usize), |(sum, count), other| (sum + usize::from(worse(other)), count + 1));
    (known > 0 && !value.is_nan()).then(|| worse as f64 / known as f64)
}

#[cfg(test)]
mod tests {
    use super::{Direction, better_than};

    #[test]
    fn a_share_follows_the_direction() {
        let values = [1.0, 2.0, 2.0, 3.0, f64::NAN];
        let shares = |value| [Direction::Lower, Direction::Higher].map(|better| better_than(&values, value, better));
        assert_eq!(shares(1.0), [Some(0.75), Some(0.0)]);
        assert_eq!(shares(2.0), [Some(0.25), Some(0.25)]);
        assert_eq!(shares(9.0), [Some(0.0), Some(1.0)]);
    }

    #[test]
    fn infinities_are_compared_and_nan_is_not() {
        let values = [f64::NEG_INFINITY, 0.0, 1.0, f64::INFINITY, f64::NAN];
        let higher = |value| better_than(&values, value, Direction::Higher);
        assert_eq!([f64::NEG_INFINITY, 0.5, f64::INFINITY].map(higher), [Some(0.0), Some(0.5), Some(0.75)]);
        assert_eq!(better_than(&values, f64::INFINITY, Direction::Lower), Some(0.0));
        assert_eq!(higher(f64::NAN), None);
        assert_eq!(better_than(&[f64::NAN], 1.0, Direction::Higher), None);
    }
}

//! Runs a job on a device with every failure reported in a sentence: a panic in a library becomes an error with its
//! message, and the CPU takes over from a GPU that failed where the program chose the device.

use untrained_core::device::Device;
use untrained_core::{Error, Result};

use crate::caught::caught;
use crate::device::Choice;

/// Runs `run` on `device`.
///
/// # Errors
/// Those of `run`, and [`Error::Broken`] with the message of a panic.
pub fn on<T>(device: &Device, run: impl FnOnce(&Device) -> Result<T>) -> Result<T> {
    caught(|| run(device)).unwrap_or_else(|panic| {
        let problem = format!("a library stopped: {panic}");
        Err(Error::Broken { name: device.name().to_owned(), problem })
    })
}

/// Runs `run` on `device`; with [`Choice::Auto`] also on the CPU if a GPU fails, which is reported to `warn`.
///
/// # Errors
/// As [`on`].
pub fn on_chosen<T>(
    choice: Choice,
    device: &Device,
    warn: impl FnOnce(&str),
    run: impl Fn(&Device) -> Result<T>,
) -> Result<T> {
    match on(device, &run) {
        Err(error @ (Error::Broken { .. } | Error::Memory { .. }))
            if choice == Choice::Auto && !matches!(device, Device::Cpu) =>
        {
            warn(&format!("{error}; the CPU takes over"));
            on(&Device::Cpu, run)
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that is not the CPU; nothing is run on it.
    fn gpu() -> Device {
        untrained_core::devices::flex()
    }

    fn fails_on_gpu(device: &Device) -> Result<&'static str> {
        if matches!(device, Device::Cpu) { Ok("scored") } else { panic!("require_grad requires autodiff") }
    }

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        let error = on(&gpu(), fails_on_gpu).unwrap_err().to_string();
        assert!(
            error
                .starts_with("device flex failed: a library stopped: require_grad requires autodiff (attempt.rs, line")
        );
    }

    #[test]
    fn the_cpu_takes_over_where_the_program_chose_the_device() {
        let mut warning = String::new();
        let scored = on_chosen(Choice::Auto, &gpu(), |sentence| warning = sentence.to_owned(), fails_on_gpu);
        assert_eq!(scored, Ok("scored"));
        assert!(warning.contains("require_grad requires autodiff"), "{warning}");
        assert!(warning.ends_with("the CPU takes over"), "{warning}");
        assert!(on_chosen(Choice::Wgpu, &gpu(), |_| panic!(), fails_on_gpu).is_err());
    }

    #[test]
    fn an_error_of_the_input_is_not_tried_again() {
        let refuse = |_: &Device| -> Result<()> {
            Err(Error::Size { name: "batch", value: 0, problem: "must be at least 1".to_owned() })
        };
        let message = on_chosen(Choice::Auto, &gpu(), |_| panic!(), refuse).unwrap_err().to_string();
        assert_eq!(message, "size batch = 0: must be at least 1");
    }
}

//! The values of one node over the steps of a pass.

/// [slots, R, H]: one slot per step where past values are saved, a single one where not. A state always saves them and
/// has one more slot: what it is before the first step, zeros or what the window before left.
#[derive(Debug, Clone)]
pub struct Buffer {
    values: Vec<f32>,
    size: usize,
    shift: usize,
}

impl Buffer {
    /// A state over `steps` steps, `size` = R · H.
    pub fn state(steps: usize, size: usize) -> Self {
        Self { values: vec![0.0; (steps + 1) * size], size, shift: 1 }
    }

    /// Anything else: over `steps` steps, or over one at a time with `steps` = 1.
    pub fn new(steps: usize, size: usize) -> Self {
        Self { values: vec![0.0; steps * size], size, shift: 0 }
    }

    fn slot(&self, step: usize) -> std::ops::Range<usize> {
        let slot = (step + self.shift) % (self.values.len() / self.size);
        slot * self.size..(slot + 1) * self.size
    }

    /// [R, H] at `step`.
    pub fn at(&self, step: usize) -> &[f32] {
        &self.values[self.slot(step)]
    }

    /// [R, H] at `step`, to be written.
    pub fn at_mut(&mut self, step: usize) -> &mut [f32] {
        let slot = self.slot(step);
        &mut self.values[slot]
    }

    /// [R, H] before the first step, to be written. Only a state has it.
    pub fn first_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.size]
    }

    /// [R, H] of the step before: before the first zeros, unless they were written. Only a state has it.
    pub fn before(&self, step: usize) -> &[f32] {
        &self.values[step * self.size..][..self.size]
    }

    /// [T, R, H]: the state that the cell reads at each step.
    pub fn incoming(&self) -> &[f32] {
        &self.values[..self.values.len() - self.shift * self.size]
    }

    /// [T, R, H]: the state that the cell writes at each step.
    pub fn outgoing(&self) -> &[f32] {
        &self.values[self.shift * self.size..]
    }

    /// The same, to be written.
    pub fn outgoing_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.shift * self.size..]
    }
}

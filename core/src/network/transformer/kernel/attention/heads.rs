//! How the heads of an attention share keys and values, and what they attend to.

/// The heads of an attention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heads {
    /// A: heads.
    pub count: usize,
    /// Heads of keys and values: each serves as many heads in a row.
    pub key_value: usize,
    /// The factor of the scores.
    pub scale: f32,
    /// What a token attends to.
    pub mask: Mask,
}

/// What a token attends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// All tokens.
    None,
    /// Itself and those before it; with a window only so many, itself the last of them.
    Causal {
        /// Tokens.
        window: Option<usize>,
    },
    /// Those after it, to all of them alike; the last token attends to all tokens by their scores. Published scores of
    /// absolute weights were computed so: the scores that a mask replaces had become equal and large.
    Future,
}

impl Heads {
    /// Heads of an encoder, `width` wide together: each has its own keys and values and attends to all tokens.
    pub fn unmasked(count: usize, width: usize) -> Self {
        let scale = 1.0 / ((width / count) as f32).sqrt();
        Self { count, key_value: count, scale, mask: Mask::None }
    }

    /// The head of keys and values that serves a head.
    pub fn serving(&self, head: usize) -> usize {
        head * self.key_value / self.count
    }
}

impl Mask {
    /// Sets to −∞ the scores [T, keys] of what is not attended to.
    pub fn apply(self, scores: &mut [f32], keys: usize) {
        for (token, scores) in scores.chunks_mut(keys).enumerate() {
            match self {
                Self::None => {}
                Self::Causal { window } => {
                    let first = window.map_or(0, |window| (token + 1).saturating_sub(window));
                    scores[..first].fill(f32::NEG_INFINITY);
                    scores[token + 1..].fill(f32::NEG_INFINITY);
                }
                Self::Future if token + 1 == keys => {}
                Self::Future => {
                    scores[..=token].fill(f32::NEG_INFINITY);
                    scores[token + 1..].fill(0.0);
                }
            }
        }
    }

    /// Sets to 0 the gradients [T, keys] of scores that it replaced, where their softmax does not do so by itself.
    pub fn apply_backward(self, gradients: &mut [f32], keys: usize) {
        if self == Self::Future {
            let replaced = gradients.len().saturating_sub(keys);
            gradients[..replaced].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_with_the_token() {
        let attended = |window| {
            let mut scores = [0.0; 9];
            Mask::Causal { window }.apply(&mut scores, 3);
            scores.map(|score| u8::from(score == 0.0))
        };
        assert_eq!(attended(None), [1, 0, 0, 1, 1, 0, 1, 1, 1]);
        assert_eq!(attended(Some(2)), [1, 0, 0, 1, 1, 0, 0, 1, 1]);
        assert_eq!(attended(Some(1)), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    }

    #[test]
    fn heads_in_a_row_share_keys() {
        let heads = Heads { count: 6, key_value: 2, ..Heads::unmasked(6, 6) };
        assert_eq!([0, 1, 2, 3, 4, 5].map(|head| heads.serving(head)), [0, 0, 0, 1, 1, 1]);
    }
}

//! The operations of nodes.

/// Largest number of inputs of a product or a sum; the published ones have two.
const MOST_INPUTS: usize = 64;

/// The seven operations of the space. Inputs and output are [B, H], except the input `x` of a linear map, which is
/// [B, E] in the first layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Sum of one matrix per input, and one bias.
    Linear,
    /// z·a + (1 − z)·b for the inputs z, a, b, entry by entry.
    Blend,
    /// Product of the inputs, entry by entry.
    Product,
    /// Sum of the inputs, entry by entry.
    Sum,
    /// Hyperbolic tangent.
    Tanh,
    /// 1 / (1 + exp(−v)).
    Sigmoid,
    /// v where v > 0, else v / 100.
    LeakyRelu,
}

impl Operation {
    /// Slope of the leaky rectifier for negative values.
    pub const LEAK: f32 = 0.01;

    /// Every operation with its name in a recipe.
    pub const NAMES: [(Self, &str); 7] = [
        (Self::Linear, "linear"),
        (Self::Blend, "blend"),
        (Self::Product, "elementwise_prod"),
        (Self::Sum, "elementwise_sum"),
        (Self::Tanh, "activation_tanh"),
        (Self::Sigmoid, "activation_sigm"),
        (Self::LeakyRelu, "activation_leaky_relu"),
    ];

    /// Its name in a recipe.
    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find_map(|(operation, name)| (operation == self).then_some(name)).unwrap_or("")
    }

    /// The operation of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find_map(|(operation, known)| (known == name).then_some(operation))
    }

    /// Fewest and most inputs.
    pub fn arity(self) -> (usize, usize) {
        match self {
            Self::Linear => (2, 3),
            Self::Blend => (3, 3),
            Self::Product | Self::Sum => (2, MOST_INPUTS),
            Self::Tanh | Self::Sigmoid | Self::LeakyRelu => (1, 1),
        }
    }

    /// Whether activation distance reads its output.
    pub fn is_activation(self) -> bool {
        self.arity() == (1, 1)
    }
}

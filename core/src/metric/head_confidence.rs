//! Head confidence and head softmax confidence in the form of the published code, which differs from that of Voita et
//! al. (ACL 2019; [`super::attention`]): confidence takes the largest value over the *sequence* of every projection,
//! softmax confidence that over the *heads* of every softmax.

use super::about::{About, LPZERO, PAPER};
use super::term_sum::{TermSum, Total};
use crate::family::Family;
use crate::observation::{Kind, Need};

/// The sum over projections.
pub const PROJECTIONS: TermSum = TermSum {
    about: About {
        id: "head_confidence",
        title: "Head confidence",
        summary: "How far the projections of the heads reach over a sequence.",
        formula: "sum over projections of the mean of their largest value over the sequence",
        unit: "score",
        source: PAPER,
    },
    families: &[Family::Encoder],
    need: Need::Terms(Kind::Projections),
    total: Total::Sum,
};

/// The mean over projections.
pub const PROJECTIONS_NORMALIZED: TermSum = TermSum {
    about: About { id: "head_confidence_normalized", title: "Head confidence, normalised", ..PROJECTIONS.about },
    total: Total::Mean,
    ..PROJECTIONS
};

/// Of decoders, the sum over all maps of the layers, as Dong et al. have it.
pub const DECODER: TermSum = TermSum {
    about: About {
        summary: "How far the maps of the layers reach over a sequence.",
        formula: "sum over the maps of the layers of the mean of their largest value over the sequence",
        source: LPZERO,
        ..PROJECTIONS.about
    },
    families: &[Family::Decoder],
    ..PROJECTIONS
};

/// The sum over softmaxes.
pub const SOFTMAXES: TermSum = TermSum {
    about: About {
        id: "head_softmax_confidence",
        title: "Head softmax confidence",
        summary: "How far apart the heads attend.",
        formula: "sum over softmaxes of the mean of their largest value over the heads",
        ..PROJECTIONS.about
    },
    families: &[Family::Encoder, Family::Decoder],
    need: Need::Terms(Kind::Softmaxes),
    ..PROJECTIONS
};

/// The mean over softmaxes.
pub const SOFTMAXES_NORMALIZED: TermSum = TermSum {
    about: About {
        id: "head_softmax_confidence_normalized",
        title: "Head softmax confidence, normalised",
        ..SOFTMAXES.about
    },
    total: Total::Mean,
    ..SOFTMAXES
};

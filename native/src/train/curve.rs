//! The curve of a run, in the terminal and as SVG.

use untrained_core::chart::{Theme, svg};
use untrained_core::figure::training::{means, training};

use super::folder::Line;

/// Pixels of the picture.
const SIZE: (u32, u32) = (760, 420);

/// Columns and rows of the curve in a terminal.
const TERMINAL: (usize, usize) = (60, 8);

/// Parts of a row.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

fn losses(lines: &[Line]) -> Vec<(f64, f64)> {
    lines.iter().map(|line| (line.step as f64, line.loss)).collect()
}

/// The picture.
///
/// # Errors
/// When it cannot be drawn.
pub fn picture((name, unit): (&str, &str), lead: String, lines: &[Line]) -> anyhow::Result<String> {
    let validation: Vec<(f64, f64)> =
        lines.iter().filter_map(|line| Some((line.step as f64, line.validation_loss()?))).collect();
    Ok(svg(&training((name, unit), lead, &losses(lines), &validation), SIZE, &Theme::LIGHT)?)
}

/// The training loss over the steps, one line of text a row, with the largest and the smallest mean at its left.
pub fn rows(lines: &[Line]) -> Vec<String> {
    let (columns, height) = TERMINAL;
    let means: Vec<f64> = means(&losses(lines), columns).into_iter().map(|(_, loss)| loss).collect();
    let highest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = means.iter().copied().fold(f64::INFINITY, f64::min);
    if means.len() < 2 || !(highest - lowest).is_normal() {
        return Vec::new();
    }
    // Eighths of a row; the lowest column has one, so that it can be seen.
    let level = |loss: &f64| 1 + ((loss - lowest) / (highest - lowest) * (8 * height - 1) as f64).round() as usize;
    let levels: Vec<usize> = means.iter().map(level).collect();
    let row = |row: usize| {
        let label = match row {
            0 => format!("{highest:6.3}"),
            _ if row + 1 == height => format!("{lowest:6.3}"),
            _ => String::new(),
        };
        let below = 8 * (height - 1 - row);
        let blocks: String = levels.iter().map(|level| BLOCKS[level.saturating_sub(below).min(8)]).collect();
        format!("{label:>6} │{}", blocks.trim_end())
    };
    (0..height).map(row).chain([format!("{:>6} └{}", "", "─".repeat(levels.len()))]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::trainee::Values;
    use super::{Line, rows};

    fn line(step: u64, loss: f64) -> Line {
        Line { step, epoch: 0, tokens: 10, loss, gradient_norm: 1.0, rate: 1.0, seconds: 1.0, parts: Values::new() }
    }

    #[test]
    fn the_curve_falls_from_the_highest_to_the_lowest_row() {
        let lines: Vec<Line> = (1..=10).map(|step| line(step, 10.0 - step as f64)).collect();
        let rows = rows(&lines);
        assert_eq!(rows[0], " 9.000 │█▁");
        assert_eq!(rows[7], " 0.000 │█████████▁");
        assert_eq!(rows[8], "       └──────────");
        assert!(super::rows(&lines[..1]).is_empty() && super::rows(&[line(1, 2.0), line(2, 2.0)]).is_empty());
    }
}

//! Thousands of points as a few hundred marks: the surface is divided into small squares; the more points a square
//! holds, the darker it is. Neighbours of one shade become one mark, which keeps a drawing small.

use super::pen::{Point, Rect};

/// Opacities from one point to the fullest square.
const SHADES: [f64; 5] = [0.25, 0.42, 0.6, 0.8, 1.0];

/// A square or a run of squares, and its opacity.
pub type ShadedRect = (Rect, f64);

/// A square by row and column, and how many points it holds.
type Square = ((i32, i32), usize);

/// The size of the squares, and the count at which they are darkest.
pub struct Grain {
    /// Side of a square, in logical pixels.
    side: f64,
    /// The least count of a darkest square.
    full: usize,
}

impl Grain {
    /// The marks of each group, shade by shade, in the smallest squares of at least 4 pixels with which a plot has at
    /// most one mark per 64 square pixels.
    pub fn marks(groups: &[Vec<Point>], plot: Rect) -> Vec<Vec<ShadedRect>> {
        let limit = (plot.width() * plot.height() / 64.0) as usize;
        let cut = |side| {
            let counts: Vec<Vec<Square>> = groups.iter().map(|places| counts(places, side)).collect();
            let grain = Self { side, full: full(&counts) };
            counts.iter().map(|squares| grain.runs(squares)).collect::<Vec<_>>()
        };
        let few = |marks: &Vec<Vec<ShadedRect>>| marks.iter().map(Vec::len).sum::<usize>() <= limit;
        (4..12).map(f64::from).map(cut).find(few).unwrap_or_else(|| cut(12.0))
    }

    fn runs(&self, squares: &[Square]) -> Vec<ShadedRect> {
        let mut runs: Vec<(i32, i32, i32, usize)> = Vec::new();
        for &((row, column), count) in squares {
            let shade = shade(count, self.full);
            match runs.last_mut() {
                Some(run) if run.0 == row && run.2 == column && run.3 == shade => run.2 = column + 1,
                _ => runs.push((row, column, column + 1, shade)),
            }
        }
        // Surfaces draw consecutive marks of one colour faster.
        runs.sort_by_key(|run| run.3);
        runs.into_iter().map(|(row, from, to, shade)| (cells(row, from, to, self.side), SHADES[shade])).collect()
    }
}

/// The count below which 19 in 20 squares are, so that a few crowded squares do not make the others pale.
fn full(groups: &[Vec<Square>]) -> usize {
    let mut all: Vec<usize> = groups.iter().flatten().map(|(_, count)| *count).collect();
    all.sort_unstable();
    all.get(all.len() * 19 / 20).copied().unwrap_or(1)
}

/// Points per square, by row and column.
fn counts(places: &[Point], side: f64) -> Vec<Square> {
    let cell = |&(x, y): &Point| ((y / side).floor() as i32, (x / side).floor() as i32);
    let mut cells: Vec<(i32, i32)> = places.iter().map(cell).collect();
    cells.sort_unstable();
    cells.chunk_by(|a, b| a == b).map(|alike| (alike[0], alike.len())).collect()
}

/// The shade grows with the square root of the count, so that crowded squares are prominent and single points visible.
fn shade(count: usize, full: usize) -> usize {
    let top = (SHADES.len() - 1) as f64;
    let part = (count as f64 / full.max(1) as f64).sqrt();
    (part * top).round().clamp(0.0, top) as usize
}

fn cells(row: i32, from: i32, to: i32, side: f64) -> Rect {
    let [left, right, top] = [from, to, row].map(|n| f64::from(n) * side);
    Rect { left, top, right, bottom: top + side }
}

#[cfg(test)]
mod tests {
    use super::{Grain, SHADES};
    use crate::chart::pen::Rect;

    const PLOT: Rect = Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 };

    /// Three points in a square of 4, one in its right neighbour, and one far below: three shades apart, three marks.
    #[test]
    fn a_square_is_darker_the_more_it_holds() {
        let places = vec![(1.0, 1.0), (2.0, 2.0), (3.0, 3.9), (4.0, 0.0), (1.0, 50.0)];
        let marks = Grain::marks(std::slice::from_ref(&places), PLOT).remove(0);
        assert_eq!(marks.len(), 3);
        assert!((marks[2].1 - SHADES[4]).abs() < 1e-9 && marks[1].1 < marks[2].1);
    }

    #[test]
    fn neighbours_of_one_shade_are_one_mark() {
        let places: Vec<_> = (0..25).map(|n| (f64::from(n) * 4.0, 10.0)).collect();
        let marks = Grain::marks(std::slice::from_ref(&places), PLOT).remove(0);
        assert_eq!(marks.len(), 1);
        assert!((marks[0].0.width() - 100.0).abs() < 1e-9);
    }
}

//! Many small charts in a grid, to be compared at a glance.

use plotters::prelude::DrawingBackend;

use super::pen::Pen;
use super::{Area, Caption, Chart, Error, Theme, page};

/// Between the charts of a row.
const GAP: f64 = 28.0;

/// Charts in rows, each in small print.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid<C> {
    /// Title, lead and note of the grid.
    pub caption: Caption,
    /// Charts per row, at least 1.
    pub columns: usize,
    /// The charts, row by row.
    pub charts: Vec<C>,
}

impl<C: Chart> Chart for Grid<C> {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>, theme: &Theme) -> Result<(), Error> {
        let pen = Pen::new(area, theme)?;
        let page = page::write(&pen, &self.caption, &[])?;
        let columns = self.columns.max(1);
        let rows = self.charts.len().div_ceil(columns);
        let pixel = |length: f64| (length * theme.zoom).round() as i32;
        // Half a gap on each side of every cell, and none around all of them.
        let (left, width) = (pixel(page.left - GAP / 2.0), pixel(page.width() + GAP));
        let inside = area.clone().shrink((left, pixel(page.top)), (width, pixel(page.height())));
        let small = theme.small_print();
        for (chart, cell) in self.charts.iter().zip(inside.split_evenly((rows, columns))) {
            chart.draw(&cell.margin(pixel(8.0), pixel(4.0), pixel(GAP / 2.0), pixel(GAP / 2.0)), &small)?;
        }
        Ok(())
    }
}

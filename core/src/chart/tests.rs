//! Charts drawn as SVG: the texts they show, and that no text is cut off or overlaps another.

use proptest::prelude::{any, prop, proptest};

use super::{Axis, Boxes, Caption, Chart, Cloud, Error, Grid, Group, Kind, Mark, Ranking, Row, Scale, Scatter, Theme};
use super::{svg, text};

const SIZES: [(u32, u32); 2] = [(720, 480), (340, 420)];

fn caption() -> Caption {
    Caption { title: "Score <1>".into(), lead: "τ-b −0.37".into(), note: "Source: here.".into() }
}

fn scatter(points: Vec<(f64, f64)>) -> Scatter {
    let cloud = Cloud { name: String::new(), points };
    let (x, y) = (Axis::new("Score", "higher is better"), Axis::new("Loss", "nats"));
    Scatter { caption: caption(), x, y, clouds: vec![cloud], ..Scatter::default() }
}

fn boxes(groups: Vec<Vec<f64>>) -> Boxes {
    let name = |(n, values)| Group { name: format!("cell {n}"), values };
    let groups = groups.into_iter().enumerate().map(name).collect();
    Boxes { caption: caption(), across: "Cells".into(), axis: Axis::new("Score", ""), groups }
}

fn ranking() -> Ranking {
    let row =
        |name: &str, value, kind| Row { name: name.into(), value, interval: Some((value - 0.02, value + 0.02)), kind };
    Ranking {
        caption: caption(),
        axis: Axis::new("Kendall's |τ-b|", ""),
        rows: vec![
            row("One epoch of training", 0.58, Kind::Training),
            row("Hidden covariance, layer 1", 0.37, Kind::Metric),
            row("Number of parameters", 0.0, Kind::Baseline),
            row("Jacobian covariance", f64::NAN, Kind::Metric),
        ],
        ceiling: Some(Mark { value: 0.97, name: "noise ceiling".into() }),
        baseline: Some(Mark { value: 0.1, name: "best baseline".into() }),
    }
}

fn drawn(chart: &impl Chart, size: (u32, u32)) -> String {
    svg(chart, size, &Theme::LIGHT).unwrap()
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    tag.split_once(&format!(" {name}=\"")).unwrap().1.split_once('"').unwrap().0
}

/// Left, top, right and bottom of every text.
fn texts(svg: &str) -> Vec<([f64; 4], String)> {
    let tags = svg.split("<text").skip(1).map(|rest| rest.split_once("</text>").unwrap().0);
    tags.map(|tag| {
        let (head, body) = tag.split_once('>').unwrap();
        let number = |name| attribute(head, name).parse::<f64>().unwrap();
        let (size, body) = (number("font-size"), body.trim().replace("&lt;", "<").replace("&gt;", ">"));
        let bold = if head.contains("bold") { 1.08 } else { 1.0 };
        let wide = bold * text::width(&body, size);
        let left = number("x")
            - wide
                * match attribute(head, "text-anchor") {
                    "start" => 0.0,
                    "end" => 1.0,
                    _ => 0.5,
                };
        // The distance from the given line up to the top of the letters.
        let rise = match attribute(head, "dy") {
            "0.76em" => 0.0,
            "0.5ex" => 0.5,
            _ => 1.0,
        } * size;
        let top = number("y") - rise;
        ([left, top, left + wide, top + size], body)
    })
    .collect()
}

fn check(svg: &str, (width, height): (u32, u32)) {
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "not finite in\n{svg}");
    let texts = texts(svg);
    for ([left, top, right, bottom], body) in &texts {
        let inside = *left >= -1.0 && *top >= -1.0 && *right <= f64::from(width) + 1.0 && *bottom <= f64::from(height);
        assert!(inside, "'{body}' is cut off: {left} {top} {right} {bottom}");
    }
    for (n, (a, one)) in texts.iter().enumerate() {
        for (b, other) in &texts[n + 1..] {
            let apart = a[2] <= b[0] + 1.0 || b[2] <= a[0] + 1.0 || a[3] <= b[1] + 2.0 || b[3] <= a[1] + 2.0;
            assert!(apart, "'{one}' and '{other}' overlap: {a:?} {b:?}");
        }
    }
}

#[test]
fn a_scatter_chart_as_it_is_drawn() {
    let chart = scatter(vec![(1.0, 5.0), (2.0, 4.5), (3.0, 6.0), (f64::INFINITY, 5.0)]);
    insta::assert_snapshot!(drawn(&chart, (320, 240)));
}

#[test]
fn points_that_are_not_finite_are_counted() {
    let svg = drawn(&scatter(vec![(1.0, 5.0), (f64::NEG_INFINITY, 4.0), (2.0, f64::NAN)]), SIZES[0]);
    assert!(svg.contains("Left out because they are not finite: 2."));
    let svg = drawn(&boxes(vec![vec![1.0, f64::NAN], vec![2.0]]), SIZES[0]);
    assert!(svg.contains("Left out because they are not finite: 1."));
}

#[test]
fn axes_say_what_they_show() {
    let svg = drawn(&scatter(vec![(1.0, 5.0), (1e9, 4.0), (1e4, 3.0)]), SIZES[0]);
    assert!(svg.contains("Score (higher is better; log scale)") && svg.contains("Loss (nats)"));
}

#[test]
fn nothing_to_show_is_said() {
    let empty =
        [drawn(&scatter(vec![]), SIZES[0]), drawn(&boxes(vec![]), SIZES[0]), drawn(&Ranking::default(), SIZES[0])];
    assert!(empty.iter().all(|svg| svg.contains("nothing to show")));
}

#[test]
fn every_box_has_a_name_and_every_value_a_dot() {
    let svg = drawn(&boxes(vec![vec![1.0, 2.0, 3.0], vec![2.0, 2.5, 9.0]]), SIZES[0]);
    assert_eq!(svg.matches("<circle").count(), 6);
    assert!(svg.contains("cell 0") && svg.contains("cell 1"));
}

#[test]
fn a_ranking_names_rows_marks_and_kinds() {
    let svg = drawn(&ranking(), SIZES[0]);
    let expected = ["0.58", "0.37", "0.00", "no finite value", "noise ceiling", "best baseline", "trivial baseline"];
    assert!(expected.iter().all(|text| svg.contains(text)), "{svg}");
}

#[test]
fn no_text_is_cut_off_or_overwritten() {
    let many = (0..3000).map(|n| (10_f64.powf(f64::from(n % 300) / 10.0), 4.5 + f64::from(n % 7))).collect();
    let scatter = Scatter { trend: true, ..scatter(many) };
    let boxes = boxes((0..10).map(|n| vec![f64::from(n), f64::from(n * n)]).collect());
    for size in SIZES {
        check(&drawn(&scatter, size), size);
        check(&drawn(&boxes, size), size);
        check(&drawn(&ranking(), size), size);
    }
    let grid = Grid { caption: caption(), columns: 2, charts: vec![boxes.clone(), boxes.clone(), boxes] };
    check(&drawn(&grid, (900, 700)), (900, 700));
}

#[test]
fn thousands_of_points_stay_a_small_file() {
    let wave = |n: i32| (f64::from(n * 7919 % 8794), f64::from(n * 104_729 % 8794));
    let svg = drawn(&scatter((0..8794).map(wave).collect()), SIZES[0]);
    assert!(svg.len() < 250_000, "{} bytes", svg.len());
}

#[test]
fn a_dense_display_gets_the_same_picture_larger() {
    let chart = scatter(vec![(1.0, 5.0), (2.0, 4.5)]);
    let dense = svg(&chart, (640, 480), &Theme { zoom: 2.0, ..Theme::LIGHT }).unwrap();
    let plain = drawn(&chart, (320, 240));
    let count = |svg: &str| svg.matches("<text").count() + svg.matches("<rect").count();
    assert_eq!(count(&dense), count(&plain));
}

#[test]
fn too_small_is_an_error() {
    let drawn = svg(&scatter(vec![(1.0, 1.0)]), (50, 50), &Theme::LIGHT);
    assert_eq!(drawn, Err(Error::TooSmall { width: 50, height: 50 }));
}

#[test]
fn markup_in_words_is_only_text() {
    let svg = drawn(&scatter(vec![(1.0, 1.0)]), SIZES[0]);
    assert!(svg.contains("<title>Score &lt;1&gt;</title>"));
}

proptest! {
    #[test]
    fn any_numbers_can_be_drawn(points in prop::collection::vec(any::<(f64, f64)>(), 0..60), n in 0..4_usize) {
        let scale = [Scale::Auto, Scale::Linear, Scale::SignedLog, Scale::Rank][n];
        let mut chart = scatter(points);
        (chart.x, chart.y) = (chart.x.on(scale), chart.y.on(scale));
        check(&drawn(&chart, SIZES[0]), SIZES[0]);
    }
}

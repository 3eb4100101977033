//! Figures drawn by the worker, with downloads.

use leptos::prelude::*;
use untrained_app::message::{Answer, Figure, Query};

use crate::compute::look_up;
use crate::download::{save, save_picture};
use crate::theme::Theme;

/// A figure as wide as the page allows, up to `widest` pixels.
#[component]
pub fn Drawing(
    /// The figure.
    #[prop(into)]
    figure: Signal<Figure>,
    /// File name of the download, without its ending.
    name: &'static str,
    /// Width on a large screen, in pixels.
    widest: u32,
) -> impl IntoView {
    let theme = expect_context::<Theme>();
    let drawn = LocalResource::new(move || {
        let query = Query::Figure { figure: figure.get(), width: room(theme.width(), widest), dark: theme.dark() };
        async move { look_up(query).await }
    });
    view! {
        <figure>
            <Suspense fallback=|| view! { <p class="waiting" role="status">"Drawing …"</p> }>
                {move || drawn.get().map(|answer| match answer {
                    Ok(Answer::Svg(svg)) => shown(name, svg).into_any(),
                    Ok(_) => ().into_any(),
                    Err(why) => view! { <p class="note">{why}</p> }.into_any(),
                })}
            </Suspense>
        </figure>
    }
}

fn shown(name: &'static str, svg: String) -> impl IntoView {
    let drawing = svg.clone();
    let picture = svg.clone();
    view! {
        <div class="drawing" inner_html=drawing></div>
        <span class="buttons">
            <button class="quiet" on:click=move |_| save(&format!("{name}.svg"), "image/svg+xml", &svg)>"Save as SVG"</button>
            <button class="quiet" on:click=move |_| save_picture(&picture, format!("{name}.png"))>"Save as PNG"</button>
        </span>
    }
}

/// Pixels for a figure in a window of this width.
fn room(window: u32, widest: u32) -> u32 {
    window.saturating_sub(32).clamp(300.min(widest), widest)
}

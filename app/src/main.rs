//! The explorer: how well training-free metrics predict, and how one's own networks score, in the browser.

#![expect(clippy::needless_pass_by_value, reason = "a component owns what it shows")]

mod address;
mod compute;
mod download;
mod frame;
mod pages;
mod rows;
mod theme;
mod title;
mod widgets;

fn main() {
    leptos::mount::mount_to_body(frame::App);
}

//! The explorer: what training-free metrics are worth, and what one's own cell scores, in the browser.

#![expect(clippy::needless_pass_by_value, reason = "a component owns what it shows")]

mod address;
mod compute;
mod download;
mod frame;
mod look;
mod pages;
mod rows;
mod widgets;

fn main() {
    leptos::mount::mount_to_body(frame::App);
}

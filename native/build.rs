//! The program is built again when the explorer's pages were.

fn main() {
    println!("cargo::rerun-if-changed=../dist");
}

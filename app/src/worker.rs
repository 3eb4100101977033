//! The worker on the processor: looks things up, and scores where there is no graphics card.

use untrained_app::devices::Devices;
use untrained_app::serve::serve;

fn main() {
    serve(Devices::processor());
}

//! Servers of HTTP/1: what a request costs.
//!
//! ```sh
//! cargo bench --features full --bench h1              # everything
//! cargo bench --features full --bench h1 -- hello     # what has this in its name
//! cargo bench --features full --bench h1 -- --quick   # a tenth of the volume
//! ```
//!
//! Beside a released hyper: the same in `benches/released/hyper-1.12.0`.

#[path = "tunnel/heap.rs"]
mod heap;
mod http;

fn main() -> std::io::Result<()> {
    http::main("h1.json", http::scenario::http1())
}

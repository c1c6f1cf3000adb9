//! The `routescope` binary.

fn main() {
    println!("routescope");
}

//! The time of keys: `cargo run --release -p promchart-gox509 --example keys -- COUNT BITS`.

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::time::{Duration, Instant};

use gox509::{KeyType, PrivateKey};
use system::{Disk, SystemRng};

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(default, |text| text.parse().unwrap_or(default));
    let (count, bits) = (number(200), number(2048));
    let system = Disk::default();
    let (mut making, mut reading) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let started = Instant::now();
        let key = PrivateKey::generate(KeyType::Rsa(bits), &mut SystemRng(&system))?;
        making.push(started.elapsed());
        let text = key.to_pem();
        let started = Instant::now();
        PrivateKey::from_pem(&text)?;
        reading.push(started.elapsed());
    }
    let mean = making.iter().sum::<Duration>() / u32::try_from(count).unwrap_or(1).max(1);
    println!(
        "{count} keys of {bits} bits: mean {mean:.1?}, median {:.1?}; reading one {:.1?}",
        median(making),
        median(reading)
    );
    Ok(())
}

//! Runs the fuzz targets without a fuzzer: on their seeds, on mutated seeds, and on random bytes.

#[path = "../../support/oracles/mod.rs"]
mod oracles;

use oracles::targets::{self, TARGETS};
use proptest::{collection::vec, prelude::*, sample::Index};
use std::{env, fs, path::PathBuf, sync::LazyLock};

#[test]
fn every_target_is_registered_with_cargo_fuzz() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(root.join(format!("fuzz_targets/{name}.rs")).exists(), "{name}");
    }
}

#[test]
fn seeds() {
    for (name, target) in TARGETS {
        let seeds = targets::seeds(name);
        assert!(seeds.len() > 5, "{name}");
        seeds.iter().for_each(|seed| target(seed));
    }
}

/// Writes the seeds for `npm run fuzz`, one per file, into the folder `FUZZ_SEEDS`.
#[test]
fn write_seeds() {
    let Some(folder) = env::var_os("FUZZ_SEEDS").map(PathBuf::from) else { return };
    for (name, _) in TARGETS {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in targets::seeds(name).iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_seeds(
        seed: Index,
        changes in vec((any::<Index>(), any::<u8>()), 0..12),
        tail in vec(any::<u8>(), 0..40),
    ) {
        static SEEDS: LazyLock<[Vec<Vec<u8>>; TARGETS.len()]> =
            LazyLock::new(|| TARGETS.map(|(name, _)| targets::seeds(name)));
        for ((_, target), seeds) in TARGETS.iter().zip(&*SEEDS) {
            let mut input = seed.get(seeds).clone();
            for (at, byte) in &changes {
                *at.get_mut(&mut input) = *byte;
            }
            input.extend(&tail);
            target(&input);
        }
    }

    #[test]
    fn random_bytes(input in vec(any::<u8>(), 0..400)) {
        TARGETS.iter().for_each(|(_, target)| target(&input));
    }
}

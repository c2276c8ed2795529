# Every recipe is plain cargo, so that nothing but cargo is needed to work here.

# what CI runs, but for the parts that need the real Helm
ci: fmt-check clippy test doc

fmt-check:
    cargo fmt --all --check

clippy:
    cargo clippy --workspace --all-targets -- -D warnings

test:
    cargo test

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --document-private-items

# accept changed snapshots
bless:
    INSTA_UPDATE=always cargo test

# write the goldens anew with the real Helm
goldens:
    cargo run -p xtask -- goldens

# write chart/values.schema.json from schema/
schema:
    cargo run -- schema bundle

# write the definitions of Kubernetes' objects anew from k8s-openapi
kubernetes-definitions:
    cargo run -p xtask -- kubernetes-definitions

# compare random values of the chart's schema with the real Helm
random-values:
    cargo build --release
    cargo run -p xtask -- random-values

# compare random templates, values and --set flags with the real Helm
difffuzz:
    cargo run --profile tools -p xtask -- difffuzz 20000

# compare random charts in charts with the real Helm
layouts:
    cargo run --profile tools -p xtask -- layouts 5000

# look for inputs that break a property; needs cargo-fuzz, and RUSTC_BOOTSTRAP=1 with a stable toolchain
fuzz TARGET SECONDS="1200":
    fuzz/seeds
    cargo fuzz run -s none {{TARGET}} -- -max_total_time={{SECONDS}}

# licenses, advisories, duplicates
deny:
    cargo deny check

typos:
    typos

# Every recipe is plain cargo, so that nothing but cargo is needed to work here.

# what CI runs, with all that it installs
ci:
    .ci/run

# the part of it that needs nothing but Rust
check: fmt-check clippy test doc

fmt-check:
    cargo fmt --all --check

clippy:
    cargo clippy --workspace --all-targets -- -D warnings

test:
    cargo test

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --document-private-items

# show what has changed in snapshots; `just bless accept` takes it over
bless HOW="show":
    #!/usr/bin/env bash
    set -euo pipefail
    INSTA_UPDATE=new INSTA_FORCE_PASS=1 cargo test -q --no-fail-fast > /dev/null || true
    find tests crates -name '*.snap.new' | while read -r new; do
        old=${new%.new}
        diff -u "$([ -f "$old" ] && echo "$old" || echo /dev/null)" "$new" || true
        if [ "{{HOW}}" = accept ]; then mv "$new" "$old"; else rm "$new"; fi
    done

# one case, or a folder of cases: just case conformance::umbrella
case NAME:
    cargo test --test cases {{NAME}}

# time each stage; prints the change against the last run
bench *FILTER:
    cargo bench --bench stages -- {{FILTER}}

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

//! promchart renders, validates and lints Helm charts without Helm and without a cluster.

pub mod certs;
pub mod chart;
pub mod cli;
pub mod diagnostic;
pub mod functions;
pub mod go;
pub mod lint;
pub mod lower;
pub mod manifest;
pub mod migrate;
pub mod pipeline;
pub mod preflight;
pub mod prometheus;
pub mod promql;
pub mod reflect;
pub mod render;
pub mod report;
pub mod schema;
pub mod source;
pub mod template;
pub mod threads;
pub mod values;
pub mod world;
pub mod yaml;

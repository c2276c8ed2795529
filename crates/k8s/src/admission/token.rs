//! The token of a pod's `ServiceAccount`, which the admission plugin of that name mounts into its containers.

use serde_json::{Map, Value, json};

const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The server puts five random characters behind the dash.
const NAME: &str = "kube-api-access-xxxxx";

/// Mounts the token into the containers of a pod that have nothing at its place.
pub(super) fn mount(spec: &mut Map<String, Value>) {
    let mut is_mounted = false;
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Value::Object(container) = container else { continue };
            let mounts = container.entry("volumeMounts").or_insert_with(|| json!([]));
            if let Value::Array(mounts) = mounts
                && !mounts.iter().any(|mount| mount["mountPath"] == FOLDER)
            {
                mounts.push(json!({"name": NAME, "readOnly": true, "mountPath": FOLDER}));
                is_mounted = true;
            }
        }
    }
    if !is_mounted {
        return;
    }
    let sources = json!([
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
    ]);
    if let Value::Array(volumes) = spec.entry("volumes").or_insert_with(|| json!([])) {
        volumes.push(json!({"name": NAME, "projected": {"sources": sources, "defaultMode": 420}}));
    }
}

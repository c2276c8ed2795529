module promchart/tests/oracle

go 1.26.0

toolchain go1.27.2

require (
	go.yaml.in/yaml/v2 v2.4.4
	go.yaml.in/yaml/v3 v3.0.5
	helm.sh/helm/v4 v4.3.1
	sigs.k8s.io/yaml v1.6.0
)

{{/* Rules of network policies that more than one has. */}}

{{- define "foliohub.toDns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
    - ipBlock:
        cidr: 169.254.20.10/32 # a node's own cache of names
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{/* Everybody in namespaces of these names. */}}
{{- define "foliohub.namespaces" -}}
{{- range . }}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
{{- end }}
{{- end }}

{{- define "foliohub.toHub" -}}
- to:
    - podSelector:
        matchLabels:
          app.kubernetes.io/component: hub
  ports:
    - port: 8081
{{- end }}

{{- define "foliohub.toStore" -}}
{{- if .Values.s3.enabled }}
- to:
    - podSelector:
        matchLabels:
          {{- include "foliohub.selector" (dict "root" . "part" "s3") | nindent 10 }}
  ports:
    - port: 8333
{{- end }}
{{- with .Values.network.store }}
- to:
    {{- range .cidrs }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  ports:
    {{- range .ports }}
    - port: {{ . }}
    {{- end }}
{{- end }}
{{- end }}

{{/* Vendors and whoever takes alerts are on the internet; nothing private is. */}}
{{- define "foliohub.toInternet" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
          {{- toYaml .root.Values.network.private | nindent 10 }}
  ports:
    {{- range .ports }}
    - port: {{ . }}
    {{- end }}
{{- end }}

{{- define "foliohub.toDask" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ include "foliohub.daskNamespace" . }}
  ports:
    - port: 8786
    - port: 8787
{{- end }}

{{/* The API of Kubernetes, which alone makes clusters: its addresses, as set or as the cluster tells them. */}}
{{- define "foliohub.toKubernetes" -}}
{{- $addresses := .Values.network.kubernetes.cidrs }}
{{- if not $addresses }}
{{- range (lookup "discovery.k8s.io/v1" "EndpointSlice" "default" "kubernetes").endpoints }}
{{- range .addresses }}
{{- $addresses = append $addresses (printf "%s/%s" . (ternary "128" "32" (contains ":" .))) }}
{{- end }}
{{- end }}
{{- with ((lookup "v1" "Service" "default" "kubernetes").spec | default dict).clusterIP }}
{{- $addresses = append $addresses (printf "%s/%s" . (ternary "128" "32" (contains ":" .))) }}
{{- end }}
{{- end }}
- ports:
    {{- range .Values.network.kubernetes.ports }}
    - port: {{ . }}
    {{- end }}
  {{- with $addresses }}
  to:
    {{- range . }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}

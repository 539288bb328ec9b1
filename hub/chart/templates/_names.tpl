{{/* Names and labels. Every name begins with the release's, so that two installations share a cluster. */}}

{{- define "foliohub.name" -}}
{{- $name := printf "%s-%s" .root.Release.Name .part -}}
{{- if gt (len $name) (.most | default 63) -}}
{{- fail (printf "The name %s has %d characters, and may have %d: shorten the release's or the job's name." $name (len $name) (.most | default 63 | int)) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "foliohub.selector" -}}
app.kubernetes.io/name: foliohub
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "foliohub.labels" -}}
{{ include "foliohub.selector" . }}
app.kubernetes.io/part-of: foliohub
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The image everything but the hub runs. */}}
{{- define "foliohub.image" -}}
{{ .Values.image.name }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "foliohub.daskNamespace" -}}
{{ .Values.dask.namespace | default (printf "%s-dask" .Release.Namespace) }}
{{- end }}

{{/* Path everything lies under; the hub's own setting, begins and ends with a slash. */}}
{{- define "foliohub.base" -}}
{{ .Values.jupyterhub.hub.baseUrl | trimSuffix "/" }}/
{{- end }}

{{/* Of what belongs to no namespace, the release's own is part of the name. */}}
{{- define "foliohub.clusterName" -}}
{{ printf "%s-%s-%s" .root.Release.Namespace .root.Release.Name .part }}
{{- end }}

{{- define "foliohub.priority" -}}
{{ include "foliohub.clusterName" (dict "root" .root "part" .class) }}
{{- end }}

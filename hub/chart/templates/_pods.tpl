{{/* What all pods have in common. They keep to Kubernetes' "restricted" security standard, and to a read-only root. */}}

{{- define "foliohub.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "foliohub.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where pods are put. */}}
{{- define "foliohub.placement" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- if .root.Values.priority.enabled }}
priorityClassName: {{ include "foliohub.priority" . }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Replicas on different nodes and in different zones, where there are any. */}}
{{- define "foliohub.spread" -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "foliohub.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{/* Settings of every part: the store, whose signatures count, where clusters start. */}}
{{- define "foliohub.environment" -}}
- name: HOME # the image's own is read-only, and Jupyter's kernels write there
  value: /tmp
- name: FOLIOHUB_HOME
  value: /var/lib/foliohub
- name: FOLIOHUB_LOG
  value: stdout
- name: FOLIOHUB_IMAGE
  value: {{ include "foliohub.image" .root | quote }}
- name: FOLIOHUB_STORE
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.store.existingSecret }}
      key: {{ .root.Values.store.key }}
- name: FOLIOHUB_ACCEPTED_KEYS
  value: /etc/foliohub/accepted-keys
- name: FOLIOHUB_CLUSTERS
  value: {{ ternary "kubernetes" "local" .root.Values.dask.enabled }}
- name: FOLIOHUB_CLUSTER_NAMESPACE
  value: {{ include "foliohub.daskNamespace" .root }}
- name: FOLIOHUB_CLUSTER_IDLE_SECONDS
  value: {{ .root.Values.dask.idleSeconds | quote }}
- name: FOLIOHUB_CLUSTER_CPU_REQUEST
  value: {{ .root.Values.dask.cpuRequest | quote }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- range $name, $value := merge (dict) (.settings | default dict) .root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{/* Figures of a service, for Prometheus. */}}
{{- define "foliohub.metrics" -}}
- name: FOLIOHUB_METRICS_ADDRESS
  value: 0.0.0.0:9101
{{- end }}

{{/* The installation's private key: for what decides, runs or publishes. */}}
{{- define "foliohub.signing" -}}
- name: FOLIOHUB_SIGNING_KEY
  value: /etc/foliohub/signing/signing.pem
{{- end }}

{{- define "foliohub.mounts" -}}
- name: home
  mountPath: /var/lib/foliohub
- name: tmp
  mountPath: /tmp
- name: accepted-keys
  mountPath: /etc/foliohub/accepted-keys
  readOnly: true
{{- if .signs }}
- name: signing
  mountPath: /etc/foliohub/signing
  readOnly: true
{{- end }}
{{- end }}

{{- define "foliohub.volumes" -}}
- name: home
  emptyDir:
    sizeLimit: {{ .scratch | default "2Gi" }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .scratch | default "2Gi" }}
- name: accepted-keys
  secret:
    secretName: {{ .root.Values.signing.existingSecret }}
    defaultMode: 0444
    items:
      {{- range .root.Values.signing.acceptedKeys }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
{{- if .signs }}
- name: signing
  secret:
    secretName: {{ .root.Values.signing.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .root.Values.signing.key }}
        path: signing.pem
{{- end }}
{{- end }}

{{/* What JupyterHub would tell a service that it starts itself. */}}
{{- define "foliohub.service" -}}
{{- $base := include "foliohub.base" .root }}
{{- $prefix := printf "%sservices/%s/" $base .part }}
{{- $public := .root.Values.publicUrl | trimSuffix "/" }}
{{- $access := list "access:services" (printf "access:services!service=%s" .part) | toJson }}
- name: JUPYTERHUB_SERVICE_NAME
  value: {{ .part }}
- name: JUPYTERHUB_API_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.hub.secret }}
      key: hub.services.{{ .part }}.apiToken
- name: JUPYTERHUB_API_URL
  value: {{ .root.Values.hub.url }}{{ $base }}hub/api
- name: JUPYTERHUB_BASE_URL
  value: {{ $base }}
- name: JUPYTERHUB_HOST
  value: ""
- name: JUPYTERHUB_PUBLIC_URL
  value: {{ $public }}{{ $prefix }}
- name: JUPYTERHUB_PUBLIC_HUB_URL
  value: {{ $public }}{{ $base }}hub/
- name: JUPYTERHUB_SERVICE_PREFIX
  value: {{ $prefix }}
- name: JUPYTERHUB_SERVICE_URL
  value: http://0.0.0.0:8080
- name: JUPYTERHUB_CLIENT_ID
  value: service-{{ .part }}
- name: JUPYTERHUB_OAUTH_CALLBACK_URL
  value: {{ $prefix }}oauth_callback
- name: JUPYTERHUB_OAUTH_ACCESS_SCOPES
  value: {{ $access | quote }}
- name: JUPYTERHUB_OAUTH_SCOPES
  value: {{ $access | quote }}
- name: JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES
  value: {{ .scopes | toJson | quote }}
{{- end }}

{{/* Whether a web service is there; it answers to the names of this machine. */}}
{{- define "foliohub.probe" -}}
httpGet:
  path: {{ include "foliohub.base" .root }}services/{{ .part }}/{{ .path }}
  port: http
  httpHeaders:
    - name: Host
      value: localhost
{{- end }}

{{/* The same of what has no pages: it answers beside its figures. */}}
{{- define "foliohub.ownProbe" -}}
httpGet:
  path: /{{ . }}
  port: metrics
{{- end }}

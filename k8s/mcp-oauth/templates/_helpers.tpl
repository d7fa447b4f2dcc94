{{- define "mcp-oauth.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- /* the labels that a kind of process is selected by: dict "root" $ "kind" "signer" */ -}}
{{- define "mcp-oauth.selector" -}}
app.kubernetes.io/name: mcp-oauth
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .kind }}
{{- end -}}

{{- define "mcp-oauth.labels" -}}
{{ include "mcp-oauth.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{- define "mcp-oauth.metadata" -}}
name: {{ include "mcp-oauth.name" .root }}-{{ .kind }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "mcp-oauth.labels" . | nindent 2 }}
{{- end -}}

{{- define "mcp-oauth.image" -}}
{{ .root.Values.image.registry }}/mcp-oauth-{{ .kind }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end -}}

{{- define "mcp-oauth.host" -}}
{{ (urlParse (include "mcp-oauth.baseUrl" .)).host | splitList ":" | first }}
{{- end -}}

{{- define "mcp-oauth.baseUrl" -}}
{{ required "baseUrl is missing: set it to the public URL, such as https://auth.example.com" .Values.baseUrl | trimSuffix "/" }}
{{- end -}}

{{- define "mcp-oauth.redisUrl" -}}
{{- $redis := .Values.redis -}}
{{- if eq $redis.mode "bundled" -}}
redis://{{ include "mcp-oauth.name" . }}-redis:6379
{{- else -}}
{{- if not $redis.addresses }}{{ fail "redis.addresses is empty: name host:port of your Redis, Sentinels or cluster nodes" }}{{ end -}}
{{- if eq $redis.mode "external" -}}
redis://{{ first $redis.addresses }}
{{- else if eq $redis.mode "sentinel" -}}
redis-sentinel://{{ join "," $redis.addresses }}/{{ $redis.masterName }}
{{- else -}}
redis-cluster://{{ join "," $redis.addresses }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* the ports at which the edge waits for each kind of worker */ -}}
{{- define "mcp-oauth.workerPort" -}}
{{ get (dict "registry" 7701 "broker" 7702 "signer" 7703) . }}
{{- end -}}

{{- define "mcp-oauth.podSecurityContext" -}}
runAsNonRoot: true
{{- with .Values.runAsUser }}
runAsUser: {{ . | int64 }}
runAsGroup: {{ . | int64 }}
fsGroup: {{ . | int64 }}
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "mcp-oauth.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
readOnlyRootFilesystem: true
{{- end -}}

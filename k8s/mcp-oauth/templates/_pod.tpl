{{- /* The one pod of all four kinds: dict "root" $ "kind" "signer" "env" (list of {name, value}) "ports" "volumes"
       "mounts" "grace" (seconds). Secrets are files, so that rotated keys are noticed. */ -}}
{{- define "mcp-oauth.pod" -}}
{{- $values := .root.Values -}}
{{- $own := get $values .kind -}}
metadata:
  labels:
    {{- include "mcp-oauth.labels" . | nindent 4 }}
    {{- with $values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with $values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .grace }}
  securityContext: {{- include "mcp-oauth.podSecurityContext" .root | nindent 4 }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{- range . }}
    - name: {{ . }}
  {{- end }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "mcp-oauth.selector" $ | nindent 10 }}
    {{- end }}
  containers:
    - name: {{ .kind }}
      image: {{ include "mcp-oauth.image" . }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      securityContext: {{- include "mcp-oauth.containerSecurityContext" .root | nindent 8 }}
      resources: {{- toYaml $own.resources | nindent 8 }}
      env:
        - {name: BASE_URL, value: {{ include "mcp-oauth.baseUrl" .root | quote }}}
        - {name: LOG_LEVEL, value: {{ $values.logLevel }}}
        - {name: ADMIN_LISTEN, value: "0.0.0.0:9100"}
        - {name: INSTANCE, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: CURVE_SECRET_KEY_FILE, value: /etc/mcp-oauth/secret/CURVE_SECRET_KEY}
        {{- range .env }}
        - {name: {{ .name }}, value: {{ .value | quote }}}
        {{- end }}
        {{- range $name, $value := $own.env }}
        - {name: {{ $name }}, value: {{ $value | toString | quote }}}
        {{- end }}
      ports:
        - {name: admin, containerPort: 9100}
        {{- range .ports }}
        - {{ toJson . }}
        {{- end }}
      startupProbe: {httpGet: {path: /health, port: admin}, periodSeconds: 1, failureThreshold: 30}
      livenessProbe: {httpGet: {path: /health, port: admin}, periodSeconds: 10, failureThreshold: 3}
      readinessProbe: {httpGet: {path: /ready, port: admin}, periodSeconds: 2, failureThreshold: 2}
      volumeMounts:
        - {name: secret, mountPath: /etc/mcp-oauth/secret, readOnly: true}
        {{- range .mounts }}
        - {{ toJson . }}
        {{- end }}
  volumes:
    - name: secret
      secret: {secretName: {{ $values.secrets.prefix }}-{{ .kind }}, defaultMode: 0440}
    {{- range .volumes }}
    - {{ toJson . }}
    {{- end }}
{{- end -}}

# Sourced: git http-backend for the folder $W, over TLS, behind lighttpd. HTTPS is its port, HTTPS_PID its process.
https_begin() {
	HTTPS=$(port)
	openssl req -x509 -newkey ed25519 -nodes -keyout tls.key -out tls.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	export GIT_SSL_CAINFO="$W/tls.pem"
	cat >lighttpd.conf <<-END
		server.modules = ("mod_openssl", "mod_alias", "mod_setenv", "mod_cgi")
		server.document-root = "$W"
		server.bind = "127.0.0.1"
		server.port = $HTTPS
		server.errorlog = "$W/lighttpd.log"
		server.listen-backlog = 512
		ssl.engine = "enable"
		ssl.pemfile = "$W/tls.pem"
		ssl.privkey = "$W/tls.key"
		alias.url = ("/" => "$(git --exec-path)/git-http-backend/")
		cgi.assign = ("" => "")
		setenv.set-environment = ("GIT_PROJECT_ROOT" => "$W", "GIT_HTTP_EXPORT_ALL" => "1", "REMOTE_USER" => "bench",
			"GIT_CONFIG_COUNT" => "1", "GIT_CONFIG_KEY_0" => "safe.directory", "GIT_CONFIG_VALUE_0" => "*")
	END
	lighttpd -D -f lighttpd.conf &
	HTTPS_PID=$!
	pids="$pids $!"
	until_true listens "$HTTPS"
}

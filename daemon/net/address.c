#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "net/internal.h"

static bool good_port(const char *port, bool listening)
{
	size_t len = strlen(port);
	if (len == 0 || len > 5 || strspn(port, "0123456789") != len)
		return false;
	int n = atoi(port);
	return n <= 65535 && (n > 0 || listening);
}

int address_split(const char *address, bool listening, char host[HOST_SIZE], char port[6], struct err *err)
{
	const char *begin = address, *end = strrchr(address, ':');
	if (!end || !good_port(end + 1, listening))
		goto bad;
	snprintf(port, 6, "%s", end + 1);
	if (*begin == '[') {
		if (end - begin < 3 || end[-1] != ']')
			goto bad;
		begin++;
		end--;
	} else if (memchr(begin, ':', (size_t)(end - begin))) {
		goto bad; /* an IPv6 address needs its brackets */
	}
	size_t len = (size_t)(end - begin);
	if (len >= HOST_SIZE || (len == 0 && !listening) || strcspn(begin, " \t\r\n/") < len)
		goto bad;
	memcpy(host, begin, len);
	host[len] = '\0';
	return 0;
bad:
	err_set(err, ERR_INPUT, N_("'%1' is not an address with a port"), address);
	err_hint(err,
	    N_("write HOST:PORT, for instance 10.1.2.3:7031, tinh.example.vn:7031 or [2001:db8::1]:7031"));
	return ERR_INPUT;
}

void address_text(const struct sockaddr *sa, char text[FAR_SIZE])
{
	char host[64] = "?";
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
		uv_ip6_name(in6, host, sizeof host);
		snprintf(text, FAR_SIZE, "[%s]:%u", host, ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
		uv_ip4_name(in, host, sizeof host);
		snprintf(text, FAR_SIZE, "%s:%u", host, ntohs(in->sin_port));
	}
}

int address_error(const char *address, int status, struct err *err)
{
	switch (status) {
	case UV_ECONNREFUSED:
		err_set(err, ERR_TIMEOUT, N_("cannot reach %1: nothing listens there"), address);
		err_hint(err, N_("check the address and that the node there is running"));
		break;
	case UV_ETIMEDOUT:
		err_set(err, ERR_TIMEOUT, N_("cannot reach %1: no answer"), address);
		err_hint(err, N_("check the address and that the node there is running"));
		break;
	case UV_ENETUNREACH:
	case UV_EHOSTUNREACH:
	case UV_ENETDOWN:
		err_set(err, ERR_TIMEOUT, N_("cannot reach %1: there is no way to it"), address);
		err_hint(err, N_("check this machine's network"));
		break;
	case UV_EAI_NONAME:
	case UV_EAI_NODATA:
	case UV_EAI_AGAIN:
	case UV_EAI_FAIL:
		err_set(err, ERR_TIMEOUT, N_("cannot reach %1: its name is not known here"), address);
		err_hint(err, N_("check the name, or give the address in numbers"));
		break;
	default:
		err_set(err, ERR_TIMEOUT, N_("cannot reach %1: %2"), address, uv_strerror(status));
		err_hint(err, N_("check the address and that the node there is running"));
	}
	return err->code;
}

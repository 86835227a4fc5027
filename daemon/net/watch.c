#include "net/watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/oid.h"

#define SETTLE_MS 500
#define FAR_FUTURE ((time_t)1 << 33) /* the year 2242 */

struct source {
	uv_poll_t poll;
	int fd;
	bool active;
};

struct net_watch {
	struct source network, clock;
	uv_timer_t settle;
	bool network_moved, clock_moved;
	unsigned char seen[HASH_SIZE]; /* of the addresses as last told */
	unsigned refs; /* handles that are not closed */
	void (*changed)(void *ctx, enum net_change what);
	void *ctx;
};

/* Addresses of interfaces that are up and running: renewals of a lease or a prefix change nothing here. */
static void look(unsigned char out[HASH_SIZE])
{
	uv_interface_address_t *list = NULL;
	int n = 0;
	struct buf all = {0};
	if (uv_interface_addresses(&list, &n) != 0)
		n = 0;
	for (int i = 0; i < n; i++) {
		const struct sockaddr_in6 *six = &list[i].address.address6;
		bool is_six = six->sin6_family == AF_INET6;
		buf_add(&all, list[i].name, strlen(list[i].name) + 1);
		if (is_six)
			buf_add(&all, &six->sin6_addr, sizeof six->sin6_addr);
		else
			buf_add(&all, &list[i].address.address4.sin_addr, sizeof(struct in_addr));
	}
	if (list)
		uv_free_interface_addresses(list, n);
	hash_sha256(buf_str(&all), all.len, out);
	buf_free(&all);
}

static void settled(uv_timer_t *timer)
{
	struct net_watch *w = timer->data;
	unsigned char now[HASH_SIZE];
	bool network = w->network_moved, clock = w->clock_moved;
	w->network_moved = w->clock_moved = false;
	if (network) {
		look(now);
		network = memcmp(now, w->seen, HASH_SIZE) != 0;
		memcpy(w->seen, now, HASH_SIZE);
	}
	if (clock)
		w->changed(w->ctx, NET_CHANGE_CLOCK);
	if (network && !uv_is_closing((uv_handle_t *)timer)) /* the callback may have stopped us */
		w->changed(w->ctx, NET_CHANGE_NETWORK);
}

static void moved(struct net_watch *w)
{
	if (!uv_is_active((uv_handle_t *)&w->settle))
		uv_timer_start(&w->settle, settled, SETTLE_MS, 0);
}

static void on_network(uv_poll_t *poll, int status, int events)
{
	struct net_watch *w = poll->data;
	char text[8192];
	ssize_t n;
	(void)status, (void)events;
	/* What it says in detail does not matter; that words were lost (ENOBUFS) says that there were many. */
	while ((n = recv(w->network.fd, text, sizeof text, MSG_DONTWAIT)) > 0 || (n < 0 && errno == ENOBUFS))
		;
	w->network_moved = true;
	moved(w);
}

static bool arm(int fd)
{
	struct itimerspec never = {.it_value.tv_sec = FAR_FUTURE};
	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0;
}

static void on_clock(uv_poll_t *poll, int status, int events)
{
	struct net_watch *w = poll->data;
	uint64_t times;
	(void)status, (void)events;
	while (read(w->clock.fd, &times, sizeof times) > 0)
		;
	if (!arm(w->clock.fd))
		uv_poll_stop(poll);
	w->clock_moved = true;
	moved(w);
}

static void watch(struct net_watch *w, struct uv_loop_s *loop, struct source *s, int fd, uv_poll_cb heard)
{
	s->fd = fd;
	if (fd < 0 || uv_poll_init(loop, &s->poll, fd) != 0)
		return;
	s->poll.data = w;
	s->active = true;
	w->refs++;
	uv_poll_start(&s->poll, UV_READABLE, heard);
	uv_unref((uv_handle_t *)&s->poll);
}

static int open_network(void)
{
	struct sockaddr_nl us = {
	    .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&us, sizeof us) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int open_clock(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd >= 0 && !arm(fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct net_watch *net_watch_start(
    struct uv_loop_s *loop, void (*changed)(void *ctx, enum net_change what), void *ctx)
{
	struct net_watch *w = mem_alloc(sizeof *w);
	w->changed = changed;
	w->ctx = ctx;
	w->refs = 1;
	uv_timer_init(loop, &w->settle);
	w->settle.data = w;
	uv_unref((uv_handle_t *)&w->settle);
	watch(w, loop, &w->network, open_network(), on_network);
	watch(w, loop, &w->clock, open_clock(), on_clock);
	look(w->seen);
	return w;
}

static void closed(uv_handle_t *handle)
{
	struct net_watch *w = handle->data;
	if (--w->refs > 0)
		return;
	if (w->network.fd >= 0)
		close(w->network.fd);
	if (w->clock.fd >= 0)
		close(w->clock.fd);
	free(w);
}

void net_watch_stop(struct net_watch *w)
{
	if (!w)
		return;
	if (w->network.active)
		uv_close((uv_handle_t *)&w->network.poll, closed);
	if (w->clock.active)
		uv_close((uv_handle_t *)&w->clock.poll, closed);
	uv_close((uv_handle_t *)&w->settle, closed);
}

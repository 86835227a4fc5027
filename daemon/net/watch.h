/*
 * net/watch.h - word of what makes waiting pointless: this machine's network or its clock has changed.
 *
 * Network: an interface that works has come or gone, or an address of one (told by the kernel, rtnetlink(7)). Clock: it
 * was set, or the machine has slept (told by timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). No wake-up without such an
 * event. Where the kernel does not tell, nothing is told.
 */
#ifndef TUYEN_NET_WATCH_H
#define TUYEN_NET_WATCH_H

#include <stdbool.h>

struct uv_loop_s;

enum net_change { NET_CHANGE_NETWORK, NET_CHANGE_CLOCK };

struct net_watch;
/* `changed` is called from the loop, half a second after a change, so that several are one. */
struct net_watch *net_watch_start(
    struct uv_loop_s *loop, void (*changed)(void *ctx, enum net_change what), void *ctx);
void net_watch_stop(struct net_watch *w); /* no callback after it; accepts NULL */

#endif

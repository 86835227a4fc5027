/*
 * net/notify.h - tells the service manager how we are: sd_notify(3)'s datagrams, without its library.
 *
 * Silent and harmless without NOTIFY_SOCKET.
 */
#ifndef TUYEN_NET_NOTIFY_H
#define TUYEN_NET_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Each line one assignment: notify_send("READY=1\nSTATUS=2 lines open"), "WATCHDOG=1", "STOPPING=1".
 * True if it was handed over. */
bool notify_send(const char *state);
/* How often WATCHDOG=1 is wanted, in ms: half of WATCHDOG_USEC, if it is meant for this process; 0 = never. */
int64_t notify_watchdog_ms(void);

#endif

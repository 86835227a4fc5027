/* Goal: the service manager hears what it is told, at a path and at an abstract name, and its absence harms nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "net/notify.h"

static int manager(const char *name, bool abstract)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	memcpy(at.sun_path, name, len);
	if (abstract)
		at.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
	return fd;
}

static void assert_heard(const char *name, bool abstract)
{
	char heard[64] = "";
	int fd = manager(name, abstract);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_true(notify_send("READY=1\nSTATUS=2 lines open"));
	assert_int_equal(recv(fd, heard, sizeof heard, MSG_DONTWAIT), 27);
	assert_memory_equal(heard, "READY=1\nSTATUS=2 lines open", 27);
	close(fd);
	assert_false(notify_send("STOPPING=1")); /* it has gone */
}

static void it_hears_at_a_path(void **state)
{
	(void)state;
	char dir[] = "/tmp/tuyen-notify-XXXXXX", path[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	assert_heard(path, false);
	unlink(path);
	rmdir(dir);
}

static void it_hears_at_an_abstract_name(void **state)
{
	(void)state;
	char name[64];
	snprintf(name, sizeof name, "@tuyen-notify-%d", (int)getpid());
	assert_heard(name, true);
}

static void without_a_manager_nothing_happens(void **state)
{
	(void)state;
	char long_path[300];
	memset(long_path, '/', sizeof long_path);
	long_path[sizeof long_path - 1] = '\0';
	unsetenv("NOTIFY_SOCKET");
	assert_false(notify_send("READY=1"));
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_false(notify_send("READY=1"));
	setenv("NOTIFY_SOCKET", long_path, 1);
	assert_false(notify_send("READY=1"));
}

static void the_watchdog_wants_half_its_time(void **state)
{
	(void)state;
	char pid[16];
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "60000000", 1);
	assert_int_equal(notify_watchdog_ms(), 30000);
	setenv("WATCHDOG_PID", "1", 1); /* somebody else's */
	assert_int_equal(notify_watchdog_ms(), 0);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 30000);
	setenv("WATCHDOG_USEC", "nonsense", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_hears_at_a_path),
	    cmocka_unit_test(it_hears_at_an_abstract_name),
	    cmocka_unit_test(without_a_manager_nothing_happens),
	    cmocka_unit_test(the_watchdog_wants_half_its_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

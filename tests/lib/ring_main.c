/*
 * ring - rings a node once and says what it gets for it.
 *
 *   ring NODE_DIR HOST:PORT enrol|tuyen <BYTES
 *
 * With the key of NODE_DIR, by the enrolment protocol or the ordinary one; sends what stands on standard input and
 * prints what comes, until the far end hangs up. The last line on standard error says how the line ended: "closed" after
 * it was open, else "refused". Ends with 2 after ten seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/sys.h"
#include "net/line.h"

static struct {
	uv_loop_t loop;
	uv_timer_t timer;
	struct net *net;
	struct buf out;
	bool heard;
} me;

static bool admit(void *ctx, const unsigned char key[KEY_PUBLIC_SIZE])
{
	(void)ctx, (void)key;
	return true;
}

static void on_open(void *ctx, struct net_line *line, const unsigned char key[KEY_PUBLIC_SIZE])
{
	(void)ctx, (void)key;
	net_line_send(line, buf_str(&me.out), me.out.len);
}

static void on_bytes(void *ctx, struct net_line *line, const void *bytes, size_t len)
{
	(void)ctx, (void)line;
	me.heard = true;
	fwrite(bytes, 1, len, stdout);
}

static void on_close(void *ctx, struct net_line *line, const struct err *why)
{
	struct buf text = {0};
	(void)ctx, (void)line;
	err_format(why, NULL, &text);
	fprintf(stderr, "%s\n%s\n", buf_str(&text), why->code == ERR_TIMEOUT ? "closed" : "refused");
	buf_free(&text);
	uv_close((uv_handle_t *)&me.timer, NULL);
	net_free(me.net);
}

static const struct net_calls calls = {
    .admit = admit, .on_open = on_open, .on_bytes = on_bytes, .on_close = on_close};

static void too_long(uv_timer_t *timer)
{
	(void)timer;
	fprintf(stderr, "ring: the far end neither answers nor hangs up\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct key *key = NULL;
	struct buf path = {0};
	if (argc != 4)
		return 2;
	buf_printf(&path, "%s/key", argv[1]);
	uv_loop_init(&me.loop);
	uv_timer_init(&me.loop, &me.timer);
	uv_timer_start(&me.timer, too_long, 10000, 0);
	int rc = key_load(buf_str(&path), &key, &err);
	if (rc == 0)
		rc = sys_read_file("-", 1 << 20, &me.out, &err);
	if (rc == 0)
		rc = net_new(&me.loop, key, NULL, &me.net, &err);
	if (rc != 0 || !(strcmp(argv[3], "enrol") == 0 ? net_dial_enrol : net_dial)(
			   me.net, argv[2], &calls, NULL, &err)) {
		fprintf(stderr, "ring: %s\n", err.msg);
		return 2;
	}
	uv_run(&me.loop, UV_RUN_DEFAULT);
	key_free(key);
	buf_free(&path);
	buf_free(&me.out);
	return 0;
}

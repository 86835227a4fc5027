/*
 * How fast a line may go: a bucket each way, filled by the clock. It may fall below nothing by one read, a bucket at most, or by what TLS adds
 * to a write, and then takes longer to fill again.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "net/internal.h"

#define BUCKET_MS 250
#define ROOM_MS 2000 /* what may wait in the kernel to be read */
#define ROOM_MIN 4096

struct bucket {
	int64_t level, at; /* bytes, in thousandths; sys_ticks */
};

struct pace {
	uv_timer_t timer;
	struct net_line *line; /* NULL: it has gone */
	int64_t rate, most; /* bytes a second; of a bucket, in thousandths */
	struct bucket out, in;
	bool reading_stopped;
};

static void fill(const struct pace *p, struct bucket *b)
{
	int64_t now = sys_ticks(), passed = now - b->at;
	b->at = now;
	if (passed > BUCKET_MS * 1000)
		passed = BUCKET_MS * 1000;
	b->level += passed * p->rate;
	if (b->level > p->most)
		b->level = p->most;
}

static void later(struct pace *p);

static void turn(uv_timer_t *timer)
{
	struct pace *p = timer->data;
	if (!p->line)
		return;
	fill(p, &p->in);
	if (p->reading_stopped && p->in.level > 0 && p->line->state < LINE_GONE) {
		p->reading_stopped = false;
		line_read(p->line);
	}
	if (p->line && p->reading_stopped)
		later(p);
	if (p->line && p->line->state == LINE_OPEN)
		line_flush(p->line);
}

static void later(struct pace *p)
{
	if (!uv_is_active((uv_handle_t *)&p->timer))
		uv_timer_start(&p->timer, turn, BUCKET_MS / 4, 0);
}

size_t pace_out(struct net_line *line, size_t want)
{
	struct pace *p = line->pace;
	if (!p || p->rate == 0)
		return want;
	fill(p, &p->out);
	size_t may = p->out.level > 0 ? (size_t)(p->out.level / 1000) : 0;
	size_t n = want < may ? want : may;
	if (n < want && p->out.level < p->most / 2) { /* few long records rather than many short ones */
		later(p);
		return 0;
	}
	p->out.level -= (int64_t)(n + (n / RECORD_FIRST + 1) * TLS_RECORD_MORE) * 1000;
	return n;
}

size_t pace_room(const struct net_line *line, size_t most)
{
	const struct pace *p = line->pace;
	if (!p || p->rate == 0)
		return most;
	size_t room = (size_t)(p->most / 1000) + 1;
	return room < most ? room : most;
}

void pace_in(struct net_line *line, size_t n)
{
	struct pace *p = line->pace;
	if (!p || p->rate == 0)
		return;
	fill(p, &p->in);
	p->in.level -= (int64_t)n * 1000;
	if (p->in.level > 0)
		return;
	p->reading_stopped = true;
	uv_read_stop((uv_stream_t *)&line->tcp);
	later(p);
}

/* What the kernel takes in ahead of us is little, or the limit would be one of ours alone. */
static void small_room(struct net_line *line, uint64_t rate)
{
	uv_os_fd_t fd;
	uint64_t room = rate * ROOM_MS / 1000;
	int bytes = room < ROOM_MIN ? ROOM_MIN : room > (1 << 20) ? 1 << 20 : (int)room;
	if (uv_fileno((uv_handle_t *)&line->tcp, &fd) == 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void net_line_limit(struct net_line *line, uint64_t bytes_per_second)
{
	if (line->state >= LINE_LEAVING || (!line->pace && bytes_per_second == 0))
		return;
	if (!line->pace) {
		line->pace = mem_alloc(sizeof *line->pace);
		uv_timer_init(line->net->loop, &line->pace->timer);
		line->pace->timer.data = line->pace;
		line->pace->line = line;
	}
	struct pace *p = line->pace;
	p->rate = (int64_t)bytes_per_second;
	p->most = p->rate * BUCKET_MS; /* 250 bytes at the least that can be set */
	p->out = p->in = (struct bucket){p->most, sys_ticks()};
	if (bytes_per_second)
		small_room(line, bytes_per_second);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void pace_drop(struct net_line *line)
{
	if (!line->pace)
		return;
	line->pace->line = NULL;
	uv_close((uv_handle_t *)&line->pace->timer, on_closed);
	line->pace = NULL;
}

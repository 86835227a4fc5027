/*
 * tty [--size 80x24] [--dumb] [--say] SCRIPT COMMAND [WORDS...] - run a command on a terminal of its own (a small VT100), as a
 * person would: the script says which keys are pressed and what must stand on the screen before the next one. Lines:
 *
 *   expect TEXT    until TEXT stands on the screen (at most 20 s)
 *   absent TEXT    it must not stand there
 *   key WORD       one character, or enter, ctrl-c, ctrl-d, ctrl-z, up, backspace
 *   type TEXT      TEXT and Enter
 *   size 40x10     the window is resized
 *   signal N       to the command
 *   run COMMAND    meanwhile, elsewhere; it must work
 *   hangup         the terminal goes away
 *   restored       the terminal's settings are as they were before
 *   screen [TEXT]  show the screen as it is, under TEXT
 *   end N          the command ends, with this status
 *
 * --say tells of each key as it is pressed. A command that stops is waited for as a shell does: "[stopped]", and any line lets it go on.
 *
 * 0 when all of it was so; else 1 and what stood on the screen. A sequence that no VT100 knows, or any with --dumb, is
 * an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#define COLUMNS_MAX 200
#define ROWS_MAX 100
#define CELL 40
#define WAIT_MS 20000

static struct {
	char cell[ROWS_MAX][COLUMNS_MAX][CELL];
	int columns, rows, x, y;
	char pending[64]; /* an unfinished sequence or character */
	size_t n_pending;
	const char *wrong;
} screen;

static struct {
	int fd, status;
	pid_t pid;
	bool dumb, say, ended;
	struct termios before;
} child;

static void clear_from(int y, int x)
{
	for (; y < screen.rows; y++, x = 0)
		for (; x < screen.columns; x++)
			strcpy(screen.cell[y][x], " ");
}

static void resize(int columns, int rows)
{
	screen.columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
	screen.rows = rows < ROWS_MAX ? rows : ROWS_MAX;
	screen.x = screen.y = 0;
	clear_from(0, 0);
}

static void new_line(void)
{
	if (++screen.y < screen.rows)
		return;
	screen.y = screen.rows - 1;
	memmove(screen.cell[0], screen.cell[1], sizeof screen.cell[0] * (size_t)(screen.rows - 1));
	clear_from(screen.y, 0);
}

static void put_char(const char *bytes, size_t len, int width)
{
	if (width == 0 && screen.x > 0) {
		char *cell = screen.cell[screen.y][screen.x - 1];
		size_t used = strlen(cell);
		if (used + len < CELL) {
			memcpy(cell + used, bytes, len);
			cell[used + len] = '\0';
		}
		return;
	}
	if (screen.x + width > screen.columns) {
		screen.x = 0;
		new_line();
	}
	char *cell = screen.cell[screen.y][screen.x];
	memcpy(cell, bytes, len);
	cell[len] = '\0';
	if (width == 2)
		screen.cell[screen.y][screen.x + 1][0] = '\0';
	screen.x += width;
}

/* ESC [ parameters letter; false: not finished. */
static bool take_sequence(void)
{
	const char *p = screen.pending;
	char last = p[screen.n_pending - 1];
	if (screen.n_pending < 3 && (screen.n_pending < 2 || p[1] == '['))
		return false;
	if (p[1] == '[' && (last < 0x40 || last > 0x7E) && screen.n_pending < sizeof screen.pending - 1)
		return false;
	if (child.dumb || p[1] != '[' || !strchr("HJm", last))
		screen.wrong = "a sequence that this terminal does not know";
	else if (last == 'H')
		screen.x = screen.y = 0;
	else if (last == 'J')
		clear_from(screen.y, screen.x);
	return true;
}

static void take_byte(unsigned char c)
{
	utf8proc_int32_t code = 0;
	screen.pending[screen.n_pending++] = (char)c;
	if (screen.pending[0] == 27) {
		if (!take_sequence())
			return;
	} else if (c == '\r') {
		screen.x = 0;
	} else if (c == '\n') {
		new_line();
	} else if (c == '\b') {
		screen.x -= screen.x > 0;
	} else if (c >= ' ') {
		ssize_t n = utf8proc_iterate(
		    (const utf8proc_uint8_t *)screen.pending, (ssize_t)screen.n_pending, &code);
		if (n < 0 && screen.n_pending < 4)
			return;
		put_char(screen.pending, screen.n_pending, utf8proc_charwidth(code));
	}
	screen.n_pending = 0;
}

static void show_screen(FILE *to, const char *title)
{
	int last = screen.rows - 1;
	char line[COLUMNS_MAX * CELL];
	fprintf(to, "+-- %dx%d %s\n", screen.columns, screen.rows, title);
	for (; last > 0; last--) {
		bool empty = true;
		for (int x = 0; x < screen.columns; x++)
			empty = empty && strcmp(screen.cell[last][x], " ") == 0;
		if (!empty)
			break;
	}
	for (int y = 0; y <= last; y++) {
		line[0] = '\0';
		for (int x = 0; x < screen.columns; x++)
			strcat(line, screen.cell[y][x]);
		size_t n = strlen(line);
		while (n && line[n - 1] == ' ')
			line[--n] = '\0';
		fprintf(to, "| %s\n", line);
	}
	fprintf(to, "+--\n");
}

/* All of it as one text: a sentence that goes on in the next line is found as well. */
static bool stands(const char *text)
{
	static char all[ROWS_MAX * COLUMNS_MAX * 8];
	size_t n = 0;
	for (int y = 0; y < screen.rows; y++) {
		for (int x = 0; x < screen.columns; x++) {
			const char *cell = screen.cell[y][x];
			if ((*cell != ' ' || (n && all[n - 1] != ' ')) && n + CELL < sizeof all) {
				strcpy(all + n, cell);
				n += strlen(cell);
			}
		}
		if (n && all[n - 1] != ' ')
			all[n++] = ' ';
	}
	all[n] = '\0';
	return strstr(all, text) != NULL;
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the command writes within so many ms; false: it is gone. */
static bool listen_for(int ms)
{
	struct pollfd p = {.fd = child.fd, .events = POLLIN};
	unsigned char bytes[4096];
	if (child.fd < 0 || poll(&p, 1, ms) <= 0)
		return child.fd >= 0;
	ssize_t n = read(child.fd, bytes, sizeof bytes);
	for (ssize_t i = 0; i < n; i++)
		take_byte(bytes[i]);
	return n > 0;
}

static bool expect(const char *text)
{
	long until = now_ms() + WAIT_MS;
	while (!stands(text)) {
		bool there = listen_for(50);
		if (now_ms() > until || (!there && !stands(text)))
			return false;
	}
	return true;
}

static void send_bytes(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(child.fd, bytes, len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
}

static bool press(const char *key)
{
	static const struct {
		const char *name, *bytes;
	} keys[] = {{"enter", "\r"}, {"ctrl-c", "\003"}, {"ctrl-d", "\004"}, {"ctrl-z", "\032"},
	    {"up", "\033[A"}, {"backspace", "\177"}, {"space", " "}};
	if (child.say)
		printf("  key: %s\n", key);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(keys[i].name, key) == 0)
			key = keys[i].bytes;
	send_bytes(key, strlen(key));
	return true;
}

static bool type_line(const char *text)
{
	if (child.say)
		printf("  typed: %s\n", text);
	send_bytes(text, strlen(text));
	send_bytes("\r", 1);
	return true;
}

static bool set_size(const char *text)
{
	int columns, rows;
	if (sscanf(text, "%dx%d", &columns, &rows) != 2)
		return false;
	struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
	resize(columns, rows);
	return ioctl(child.fd, TIOCSWINSZ, &size) == 0;
}

static bool send_signal(const char *text)
{
	return kill(-tcgetpgrp(child.fd), atoi(text)) == 0;
}

static bool run_meanwhile(const char *text)
{
	return system(text) == 0;
}

static bool hang_up(const char *text)
{
	(void)text;
	close(child.fd);
	child.fd = -1;
	return true;
}

static bool is_restored(const char *text)
{
	struct termios now;
	(void)text;
	return tcgetattr(child.fd, &now) == 0 && now.c_lflag == child.before.c_lflag &&
	       now.c_iflag == child.before.c_iflag && now.c_oflag == child.before.c_oflag;
}

static bool until_end(const char *text)
{
	long until = now_ms() + WAIT_MS;
	while (!child.ended && now_ms() < until) {
		if (!listen_for(20))
			usleep(2000);
		child.ended = waitpid(child.pid, &child.status, WNOHANG) == child.pid;
	}
	while (child.fd >= 0 && listen_for(0) && poll(&(struct pollfd){child.fd, POLLIN, 0}, 1, 0) > 0)
		;
	return child.ended && WIFEXITED(child.status) && WEXITSTATUS(child.status) == atoi(text);
}

static bool show(const char *text)
{
	show_screen(stdout, text);
	return true;
}

static bool is_absent(const char *text)
{
	return !stands(text);
}

static const struct {
	const char *name;
	bool (*run)(const char *rest);
} steps[] = {{"expect", expect}, {"absent", is_absent}, {"key", press}, {"type", type_line},
    {"size", set_size}, {"signal", send_signal}, {"run", run_meanwhile}, {"hangup", hang_up},
    {"restored", is_restored}, {"screen", show}, {"end", until_end}};

static bool step(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	char *rest = line + strcspn(line, " ");
	if (*line == '\0' || *line == '#')
		return true;
	if (*rest)
		*rest++ = '\0';
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (strcmp(steps[i].name, line) == 0 && steps[i].run(rest) && !screen.wrong)
			return true;
	fprintf(stderr, "tty: this is not so: %s %s%s%s (status %d)\n", line, rest, screen.wrong ? ": " : "",
	    screen.wrong ? screen.wrong : "", child.status);
	show_screen(stderr, "at that moment");
	return false;
}

/* What a shell is to a command: it has the terminal back when the command stops. */
static void lead(char **argv)
{
	char line[64];
	int status = 0;
	signal(SIGTTOU, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	pid_t pid = fork();
	setpgid(pid, pid);
	tcsetpgrp(0, pid ? pid : getpid());
	if (pid == 0) {
		signal(SIGTTOU, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
		tcsetpgrp(0, getpgrp());
		if (write(1, "[stopped]\n", 10) != 10 || read(0, line, sizeof line) <= 0)
			break;
		tcsetpgrp(0, pid);
		kill(-pid, SIGCONT);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

static void begin(char **argv, int columns, int rows)
{
	struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
	resize(columns, rows);
	child.pid = forkpty(&child.fd, NULL, NULL, &size);
	if (child.pid == 0)
		lead(argv);
	tcgetattr(child.fd, &child.before);
}

int main(int argc, char **argv)
{
	int columns = 80, rows = 24, i = 1;
	bool fine = true;
	char line[4096];
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--dumb") == 0)
			child.dumb = true;
		else if (strcmp(argv[i], "--say") == 0)
			child.say = true;
		else if (strcmp(argv[i], "--size") != 0 || !argv[++i] ||
			 sscanf(argv[i], "%dx%d", &columns, &rows) != 2)
			return 2;
	}
	FILE *script = i + 1 < argc ? fopen(argv[i], "re") : NULL;
	if (!script)
		return 2;
	begin(argv + i + 1, columns, rows);
	while (fine && fgets(line, sizeof line, script))
		fine = step(line);
	fclose(script);
	if (!child.ended)
		kill(child.pid, SIGKILL);
	return fine ? 0 : 1;
}

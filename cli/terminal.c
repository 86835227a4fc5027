#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/sys.h"
#include "record/text.h"
#include "record/text_diff.h"

#define PIECE 256 /* bytes written between two looks at the signals */
#define CTRL_D 4
#define ESCAPE 27

#define CLEAR "\033[H\033[J"
#define BOLD "\033[1m"
#define PLAIN "\033[m"

static volatile sig_atomic_t got_end, got_size, got_stop;

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_ENDING (sizeof ending / sizeof *ending)

/* The one terminal of this process. */
static struct {
	bool open, dumb, gone;
	struct termios before, now;
	struct sigaction old_end[N_ENDING], old_size, old_stop;
	sigset_t old_mask, waiting; /* the latter while something is waited for */
} term;

static void on_end(int sig)
{
	(void)sig;
	got_end = 1;
}

static void on_size(int sig)
{
	(void)sig;
	got_size = 1;
}

static void on_stop(int sig)
{
	(void)sig;
	got_stop = 1;
}

bool terminal_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void set_mode(const struct termios *mode)
{
	while (tcsetattr(STDIN_FILENO, TCSANOW, mode) < 0 && errno == EINTR)
		;
}

static void take_keys(void)
{
	term.now = term.before;
	term.now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	term.now.c_lflag |= ISIG;
	term.now.c_iflag |= ICRNL;
	term.now.c_cc[VMIN] = 1;
	term.now.c_cc[VTIME] = 0;
	set_mode(&term.now);
}

/* The system's own line editing; erasing takes whole characters. */
static void take_lines(void)
{
	term.now = term.before;
	term.now.c_lflag |= ICANON | ECHO | ECHOE | ISIG;
	term.now.c_iflag |= ICRNL | IUTF8;
	set_mode(&term.now);
}

static void handle(int sig, void (*handler)(int), struct sigaction *old)
{
	struct sigaction a = {.sa_handler = handler};
	sigemptyset(&a.sa_mask);
	sigaction(sig, &a, old);
}

static void catch_signals(void)
{
	sigset_t ours;
	sigemptyset(&ours);
	for (size_t i = 0; i < N_ENDING; i++) {
		sigaddset(&ours, ending[i]);
		handle(ending[i], on_end, &term.old_end[i]);
	}
	sigaddset(&ours, SIGWINCH);
	sigaddset(&ours, SIGTSTP);
	handle(SIGWINCH, on_size, &term.old_size);
	handle(SIGTSTP, on_stop, &term.old_stop);
	sigprocmask(SIG_BLOCK, &ours, &term.old_mask);
	term.waiting = term.old_mask;
	for (size_t i = 0; i < N_ENDING; i++)
		sigdelset(&term.waiting, ending[i]);
	sigdelset(&term.waiting, SIGWINCH);
	sigdelset(&term.waiting, SIGTSTP);
}

int terminal_open(struct err *err)
{
	const char *kind = getenv("TERM");
	if (tcgetattr(STDIN_FILENO, &term.before) < 0)
		return sys_error(err, "open", "terminal");
	term.dumb = !kind || !*kind || strcmp(kind, "dumb") == 0;
	term.gone = false;
	got_end = got_size = got_stop = 0;
	catch_signals();
	take_keys();
	term.open = true;
	return 0;
}

void terminal_close(void)
{
	if (!term.open)
		return;
	term.open = false;
	set_mode(&term.before);
	for (size_t i = 0; i < N_ENDING; i++)
		handle(ending[i], SIG_IGN, NULL); /* what came meanwhile was taken */
	sigprocmask(SIG_SETMASK, &term.old_mask, NULL);
	for (size_t i = 0; i < N_ENDING; i++)
		sigaction(ending[i], &term.old_end[i], NULL);
	sigaction(SIGWINCH, &term.old_size, NULL);
	sigaction(SIGTSTP, &term.old_stop, NULL);
}

/* Ctrl-Z: the terminal is given back before, and taken again after. */
static void stop_here(void)
{
	struct termios mode = term.now;
	sigset_t stop, old;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	got_stop = 0;
	set_mode(&term.before);
	handle(SIGTSTP, SIG_DFL, NULL);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	handle(SIGTSTP, on_stop, NULL);
	set_mode(&mode);
	got_size = 1;
}

bool terminal_ended(void)
{
	sigset_t waiting;
	sigpending(&waiting);
	for (size_t i = 0; i < N_ENDING; i++)
		got_end = got_end || sigismember(&waiting, ending[i]) == 1;
	return got_end || term.gone;
}

/* Until the terminal can be read or written; false: ended. */
static bool wait_for(int fd, short events)
{
	while (!terminal_ended()) {
		struct pollfd p = {.fd = fd, .events = events};
		if (got_stop)
			stop_here();
		if (got_size && events == POLLIN)
			return true;
		int n = ppoll(&p, 1, NULL, &term.waiting);
		if (n > 0 && (p.revents & events))
			return true;
		if (n > 0 || (n < 0 && errno != EINTR))
			term.gone = true;
	}
	return false;
}

static void put(const char *bytes, size_t len)
{
	while (len && wait_for(STDOUT_FILENO, POLLOUT)) {
		ssize_t n = write(STDOUT_FILENO, bytes, len < PIECE ? len : PIECE);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			term.gone = true;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
}

static size_t number_of(const char *name, size_t otherwise)
{
	const char *text = getenv(name);
	long n = text ? strtol(text, NULL, 10) : 0;
	return n > 0 && n < 10000 ? (size_t)n : otherwise;
}

void terminal_size(size_t *columns, size_t *rows)
{
	struct winsize size = {0};
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*columns = size.ws_col ? size.ws_col : number_of("COLUMNS", 80);
	*rows = size.ws_row ? size.ws_row : number_of("LINES", 24);
}

static void add_marked(const char *line, struct buf *out)
{
	for (; *line; line++) {
		if (*line != TEXT_BOLD && *line != TEXT_PLAIN)
			buf_putc(out, *line);
		else if (!term.dumb)
			buf_puts(out, *line == TEXT_BOLD ? BOLD : PLAIN);
	}
}

void terminal_show(const struct strs *lines, bool fresh)
{
	struct buf out = {0};
	if (fresh)
		buf_puts(&out, term.dumb ? "\n\n" : CLEAR);
	for (size_t i = 0; i < lines->n; i++) {
		add_marked(lines->items[i], &out);
		if (i + 1 < lines->n)
			buf_putc(&out, '\n');
	}
	got_size = got_size && !fresh;
	put(buf_str(&out), out.len);
	buf_free(&out);
}

/* One byte, or an event. */
static int next_byte(void)
{
	for (;;) {
		unsigned char c;
		if (!wait_for(STDIN_FILENO, POLLIN))
			return TERMINAL_ENDED;
		if (got_size) {
			got_size = 0;
			return TERMINAL_RESIZED;
		}
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n == 1 && c)
			return c;
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			term.gone = true;
	}
}

/* What an arrow or a function key sends after ESC. Its letters must never be taken for choices, however slowly they
 * come. */
static int pass_over_escape(void)
{
	int c = next_byte();
	if (c != '[' && c != 'O')
		return c;
	do
		c = next_byte();
	while (c > 0 && (c < 0x40 || c > 0x7E));
	return c;
}

int terminal_key(void)
{
	for (;;) {
		int c = next_byte();
		if (c == ESCAPE) {
			c = pass_over_escape();
			if (c > 0)
				continue;
		}
		if (c == CTRL_D)
			term.gone = true;
		if (c <= 0 || c == CTRL_D)
			return c == CTRL_D ? TERMINAL_ENDED : c;
		if (c == '\n' || c == '\r')
			return '\n';
		if (c >= 'A' && c <= 'Z')
			return c - 'A' + 'a';
		if (c >= ' ' && c < 0x7F)
			return c;
	}
}

bool terminal_line(struct buf *out)
{
	struct buf typed = {0};
	int c = TERMINAL_RESIZED;
	take_lines();
	while (c != '\n') {
		c = next_byte();
		if (c == TERMINAL_ENDED)
			break;
		if (c != TERMINAL_RESIZED && c != '\n')
			buf_putc(&typed, (char)c);
	}
	take_keys();
	if (!text_nfc(buf_str(&typed), typed.len, out))
		buf_add(out, typed.data, typed.len); /* not UTF-8: whoever checks it says so */
	buf_free(&typed);
	return c == '\n';
}

static void become(const char *command, const char *file)
{
	struct buf line = {0};
	for (size_t i = 0; i < N_ENDING; i++)
		handle(ending[i], SIG_DFL, NULL);
	handle(SIGTSTP, SIG_DFL, NULL);
	handle(SIGWINCH, SIG_DFL, NULL);
	sigprocmask(SIG_SETMASK, &term.old_mask, NULL);
	buf_printf(&line, "%s \"$1\"", command);
	execl("/bin/sh", "sh", "-c", buf_str(&line), command, file, (char *)NULL);
	_exit(127);
}

/* The program gets Ctrl-C and Ctrl-Z itself; a signal to end goes on to it. */
static int wait_for_program(pid_t pid)
{
	int status = -1;
	bool told = false;
	handle(SIGINT, SIG_IGN, NULL);
	handle(SIGQUIT, SIG_IGN, NULL);
	handle(SIGTSTP, SIG_DFL, NULL);
	sigprocmask(SIG_SETMASK, &term.waiting, NULL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		if (got_end && !told)
			told = kill(pid, SIGTERM) == 0;
	return status;
}

int terminal_lend(const char *command, const char *file)
{
	set_mode(&term.before);
	pid_t pid = fork();
	if (pid == 0)
		become(command, file);
	int status = pid > 0 ? wait_for_program(pid) : -1;
	sigset_t ours;
	sigemptyset(&ours);
	for (size_t i = 0; i < N_ENDING; i++) {
		sigaddset(&ours, ending[i]);
		handle(ending[i], on_end, NULL);
	}
	sigaddset(&ours, SIGWINCH);
	sigaddset(&ours, SIGTSTP);
	handle(SIGTSTP, on_stop, NULL);
	sigprocmask(SIG_BLOCK, &ours, NULL);
	take_keys();
	got_size = 1;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

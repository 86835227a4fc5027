#include "say.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

#define DOMAIN "tuyen"

static bool vietnamese;

/* Words of the system that stand as arguments of other messages: what was tried, and why it failed. */
static const char *const phrases[] = {
    N_("read"),
    N_("write"),
    N_("create"),
    N_("remove"),
    N_("replace"),
    N_("open"),
    N_("lock"),
    N_("read ledger"),
    N_("list the ledgers of"),
    N_("list what is held in"),
    N_("listen on"),
    N_("make the socket"),
    N_("move ledger"),
    N_("read object"),
    N_("pack"),
    N_("read tree"),
    N_("write HEAD of"),
    N_("write to"),
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("No space left on device"),
    N_("Read-only file system"),
    N_("Input/output error"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("Directory not empty"),
    N_("File exists"),
    N_("Too many open files"),
    N_("Address already in use"),
    N_("Cannot assign requested address"),
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Broken pipe"),
};

/* Choices of records, as they are shown to people. */
static const char *const choices[] = {
    N_("draft"),
    N_("submitted"),
    N_("returned"),
    N_("accepted"),
    N_("issued"),
    N_("revoked"),
    N_("not-started"),
    N_("doing"),
    N_("done"),
    N_("blocked"),
    N_("active"),
    N_("retired"),
    N_("suspended"),
    N_("overruled"),
    N_("disputed"),
    N_("objected"),
    N_("asked"),
    N_("settled"),
    N_("rank"),
    N_("equal"),
    N_("seal"),
    N_("owner"),
    N_("lead"),
    N_("yes"),
    N_("no"),
    N_("count"),
    N_("amount"),
    N_("ratio"),
    N_("yesno"),
    N_("central"),
    N_("province"),
    N_("district"),
    N_("commune"),
    N_("refused"),
    N_("healed"),
    N_("lost"),
    N_("stranger"),
    N_("flagged"),
    N_("twin"),
    N_("held"),
    N_("restored"),
    N_("moved"),
    N_("recovered"),
    N_("aside"),
    N_("unknown"),
    N_("open"),
    N_("used"),
    N_("expired"),
};

static bool wants_vietnamese(void)
{
	static const char *const names[] = {"TUYEN_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strncmp(value, "vi", 2) == 0;
	}
	return false;
}

/* Catalogues beside the program (a build tree), beside its prefix (wherever it was installed), or where it was meant
 * to be installed. */
static void bind_catalogue(void)
{
	static const char *const places[] = {"/locale", "/../share/locale"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
			struct buf dir = {0}, file = {0};
			buf_printf(&dir, "%s%s", self, places[i]);
			buf_printf(&file, "%s/vi/LC_MESSAGES/" DOMAIN ".mo", buf_str(&dir));
			bool found = sys_exists(buf_str(&file));
			if (found)
				bindtextdomain(DOMAIN, buf_str(&dir));
			buf_free(&dir);
			buf_free(&file);
			if (found)
				return;
		}
	}
	bindtextdomain(DOMAIN, TUYEN_LOCALEDIR);
}

void say_init(void)
{
	vietnamese = wants_vietnamese();
	/* A locale other than "C", or gettext does not look at LANGUAGE; this one glibc has built in. */
	setlocale(LC_ALL, "C.UTF-8");
	if (!vietnamese) {
		unsetenv("LANGUAGE");
		return;
	}
	setenv("LANGUAGE", "vi", 1);
	bind_catalogue();
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
}

const char *say_translate(const char *msg)
{
	return vietnamese && *msg ? gettext(msg) : msg;
}

static const char *translate_known(const char *const *known, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(known[i], word) == 0)
			return say_translate(word);
	return word;
}

/* What a template shows in quotes was typed or stored so; what stands behind an option is to be typed. */
static bool is_to_the_letter(const char *msg, int i)
{
	const char quoted[] = {'\'', '%', (char)('1' + i), '\'', '\0'}, *bare = quoted + 1;
	if (strstr(msg, quoted))
		return true;
	for (const char *at = strchr(msg, '%'); at; at = strchr(at + 1, '%')) {
		const char *word = at;
		if (at[1] != bare[1] || word == msg || *--word != ' ')
			continue;
		while (word > msg && word[-1] != ' ')
			word--;
		if (strncmp(word, "--", 2) == 0)
			return true;
	}
	return false;
}

/* The i-th argument of a sentence and its hint, "" if it has none. */
static const char *translate_argument(const char *msg, const char *hint, int i, const char *arg)
{
	if (is_to_the_letter(msg, i) || is_to_the_letter(hint, i))
		return arg;
	const char *phrase = translate_known(phrases, sizeof phrases / sizeof *phrases, arg);
	return phrase != arg ? phrase : say_choice(arg);
}

const char *say_choice(const char *word)
{
	return word ? translate_known(choices, sizeof choices / sizeof *choices, word) : "";
}

void say_into_list(struct buf *out, const char *const *msg_and_args)
{
	int n = 0;
	while (msg_and_args[n + 1])
		n++;
	err_expand(say_translate(msg_and_args[0]), msg_and_args + 1, n, out);
}

void say_words(bool aside, const char *const *msg_and_args)
{
	struct buf line = {0};
	say_into_list(&line, msg_and_args);
	fprintf(aside ? stderr : stdout, "%s\n", buf_str(&line));
	buf_free(&line);
}

void say_note(bool warning, const char *msg, const char *const *args, int n_args)
{
	struct buf line = {0};
	const char *words[ERR_ARGS];
	for (int i = 0; i < n_args && i < ERR_ARGS; i++)
		words[i] = translate_argument(msg, "", i, args[i]);
	if (warning)
		say_into(&line, N_("warning: "));
	err_expand(say_translate(msg), words, n_args < ERR_ARGS ? n_args : ERR_ARGS, &line);
	fprintf(stderr, "%s\n", buf_str(&line));
	buf_free(&line);
}

void say_format(const struct err *err, struct buf *out)
{
	struct err said = *err;
	const char *msg = err->msg ? err->msg : "";
	for (int i = 0; i < said.n_args; i++)
		snprintf(said.arg[i], ERR_ARG_SIZE, "%s",
		    translate_argument(msg, err->hint ? err->hint : "", i, err->arg[i]));
	err_format(&said, say_translate, out);
}

void say_error(const struct err *err)
{
	struct buf line = {0};
	say_format(err, &line);
	fprintf(stderr, "tuyen: %s\n", buf_str(&line));
	buf_free(&line);
}

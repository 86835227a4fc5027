/* tests/lib/line_options.h - the command line of `line` (line_main.c says what each option does). */
#ifndef TUYEN_TESTS_LINE_OPTIONS_H
#define TUYEN_TESTS_LINE_OPTIONS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/buf.h"

struct line_options {
	struct sockaddr_storage listen, to;
	uint64_t delay_ms, jitter_ms, rate, cut_after, cut_within, cut_every_ms, down_for_ms, cuts,
	    stall_after, seed;
	bool stall;
	enum { LINE_REFUSE, LINE_HANG_UP, LINE_LOSE } down_as;
};

_Noreturn static void line_usage(const char *what, const char *value)
{
	fprintf(stderr, "line: %s%s%s; see the head of tests/lib/line_main.c\n", what, value ? " " : "",
	    value ? value : "");
	exit(2);
}

static void line_parse_address(const char *text, struct sockaddr_storage *out)
{
	const char *colon = strrchr(text, ':');
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	uv_getaddrinfo_t request;
	if (!colon)
		line_usage("no port in", text);
	bool bracket = text[0] == '[' && colon - text > 2;
	char *host = mem_dup_len(text + bracket, (size_t)(colon - text) - 2 * bracket);
	if (uv_getaddrinfo(uv_default_loop(), &request, NULL, host, colon + 1, &hints) < 0)
		line_usage("no such address:", text);
	memcpy(out, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
	uv_freeaddrinfo(request.addrinfo);
	free(host);
}

static uint64_t line_parse_number(const char *text, uint64_t unit)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);
	if (end == text || (*end && strcmp(end, "ms") != 0))
		line_usage("not a number:", text);
	return *end ? n : n * unit;
}

static void line_parse_down(const char *text, struct line_options *o)
{
	static const char *const words[] = {
	    [LINE_REFUSE] = "refuse", [LINE_HANG_UP] = "hang-up", [LINE_LOSE] = "lose"};
	size_t i = 0;
	while (i < 3 && strcmp(words[i], text) != 0)
		i++;
	if (i == 3)
		line_usage("not a way to be down:", text);
	o->down_as = i;
}

static void line_parse(struct line_options *o, int argc, char **argv)
{
	*o = (struct line_options){.cuts = UINT64_MAX, .seed = 1};
	const struct {
		const char *name;
		uint64_t *value, unit;
	} numbers[] = {{"--delay", &o->delay_ms, 1}, {"--rate", &o->rate, 1},
	    {"--cut-after", &o->cut_after, 1}, {"--cut-every", &o->cut_every_ms, 1000},
	    {"--cuts", &o->cuts, 1}, {"--jitter", &o->jitter_ms, 1}, {"--cut-within", &o->cut_within, 1},
	    {"--stall-after", &o->stall_after, 1}, {"--seed", &o->seed, 1},
	    {"--down-for", &o->down_for_ms, 1000}};
	for (int i = 1; i < argc; i++) {
		size_t n = 0;
		if (strcmp(argv[i], "--stall") == 0) {
			o->stall = true;
			continue;
		}
		if (i + 1 == argc)
			line_usage("unknown, or without a value:", argv[i]);
		while (n < sizeof numbers / sizeof *numbers && strcmp(argv[i], numbers[n].name) != 0)
			n++;
		if (n < sizeof numbers / sizeof *numbers)
			*numbers[n].value = line_parse_number(argv[i + 1], numbers[n].unit);
		else if (strcmp(argv[i], "--listen") == 0)
			line_parse_address(argv[i + 1], &o->listen);
		else if (strcmp(argv[i], "--to") == 0)
			line_parse_address(argv[i + 1], &o->to);
		else if (strcmp(argv[i], "--down-as") == 0)
			line_parse_down(argv[i + 1], o);
		else
			line_usage("unknown:", argv[i]);
		i++;
	}
	if (!o->listen.ss_family || !o->to.ss_family)
		line_usage("--listen and --to are needed", NULL);
}

#endif

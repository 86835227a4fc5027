#include "base/args.h"

#include <stdlib.h>
#include <string.h>

void args_add_option(struct args *a, const char *name, const char *value)
{
	struct args_option option = {mem_dup(name), mem_dup(value ? value : "")};
	VEC_PUSH(a->options, a->n_options, option);
}

const char *args_word(const struct args *a, size_t i)
{
	return i < a->words.n ? a->words.items[i] : NULL;
}

const char *args_get(const struct args *a, const char *name)
{
	for (size_t i = a->n_options; i-- > 0;)
		if (strcmp(a->options[i].name, name) == 0)
			return a->options[i].value;
	return NULL;
}

bool args_has(const struct args *a, const char *name)
{
	return args_get(a, name) != NULL;
}

void args_list(const struct args *a, const char *name, struct strs *out)
{
	for (size_t i = 0; i < a->n_options; i++) {
		if (strcmp(a->options[i].name, name) != 0)
			continue;
		const char *p = a->options[i].value;
		while (*p) {
			size_t len = strcspn(p, ",");
			char *piece = mem_dup_len(p, len);
			if (len)
				strs_add(out, piece);
			free(piece);
			p += len + (p[len] == ',');
		}
	}
}

void args_free(struct args *a)
{
	strs_free(&a->words);
	for (size_t i = 0; i < a->n_options; i++) {
		free(a->options[i].name);
		free(a->options[i].value);
	}
	free(a->options);
	*a = (struct args){0};
}

/* room: record */
#include <stdlib.h>
#include <string.h>

#include "record/text.h"
#include "record/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct yaml_node *node, unsigned depth)
{
	size_t n = 0;
	if (depth > YAML_DEPTH_MAX || !node->line || !node->column ||
	    (node->kind == YAML_SCALAR) != (node->text != NULL))
		abort();
	for (const struct yaml_node *child = node->first; child; child = child->next, n++) {
		if ((node->kind == YAML_MAP) != (child->key != NULL))
			abort();
		walk(child, depth + 1);
	}
	if (n != node->n)
		abort();
}

/* Any text must come back from what is written of it. */
static void there_and_back(const char *value)
{
	struct arena arena = {0};
	struct yaml_node *root;
	struct err err = {0};
	struct buf text = {0};
	yaml_put_scalar(&text, 0, "k", value);
	yaml_put_open(&text, 0, "list");
	yaml_put_item(&text, 1, value);
	yaml_put_scalar(&text, 0, "end", "x");
	if (text.len <= YAML_FILE_MAX &&
	    (yaml_parse(&arena, NULL, text.data, text.len, &root, &err) != 0 ||
		strcmp(yaml_text(root, "k"), value) != 0 ||
		strcmp(yaml_get(root, "list")->first->text, value) != 0 || root->n != 3))
		abort();
	buf_free(&text);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct yaml_node *root = NULL;
	struct err err = {0};
	struct buf nfc = {0};
	if (yaml_parse(&arena, "fuzz", (const char *)data, size, &root, &err) == 0)
		walk(root, 0);
	else if (root || err.code != ERR_INPUT || !err.msg)
		abort();
	if (text_nfc((const char *)data, size, &nfc))
		there_and_back(buf_str(&nfc));
	buf_free(&nfc);
	arena_free(&arena);
	return 0;
}

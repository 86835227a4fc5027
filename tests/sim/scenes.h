/* scenes.h - scripted scenes: what is said on the lines, word for word. */
#ifndef TUYEN_TESTS_SCENES_H
#define TUYEN_TESTS_SCENES_H

#include <stdbool.h>

bool scenes_play(bool show_trace);

#endif

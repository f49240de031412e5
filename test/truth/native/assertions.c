/*
 * What a failed assertion does in a kernel: the module is built without ASSERT and goes on, a failed VERIFY stops it. The
 * library has both call this, so that the line of the source has to tell: stands before the library's own function.
 */
#include <execinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
passes_in_the_module(const char *file, int line)
{
	char path[1024], text[1024], *at;
	(void) snprintf(path, sizeof (path), "%s/%s", SOURCE_TREE, (at = strstr(file, "module/")) ? at : file);
	FILE *source = fopen(path, "r");
	int passes = 0;
	for (int i = 1; source && i <= line && fgets(text, sizeof (text), source); i++)
		if (i > line - 5) passes = strstr(text, "ASSERT") ? 1 : strstr(text, "VERIFY") || strstr(text, "PANIC") ? 0 : passes;
	if (source) (void) fclose(source);
	return (passes);
}

void
libspl_assertf(const char *file, const char *func, int line, const char *format, ...)
{
	char why[1024];
	va_list args;
	va_start(args, format);
	(void) vsnprintf(why, sizeof (why), format, args);
	va_end(args);
	int passes = passes_in_the_module(file, line);
	fprintf(stderr, "%s at %s:%d:%s(): %s\n", passes ? "passed" : "FAILED ASSERTION", file, line, func, why);
	if (passes) return;
	void *frames[32];
	backtrace_symbols_fd(frames, backtrace(frames, 32), 2);
	abort();
}

// SPDX-License-Identifier: MIT
/*
 * Finds the profile with a name: in the folder the user gave, in $MUSTER_PROFILES, where it is
 * installed, in the source tree. Called by run and check. Must never open a path that a name made
 * by itself: names have no dots and no slashes.
 */
#include "tool/file.h"
#include "tool/profile.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROFILE_FILE_MAX (64 * 1024)
#define FOLDERS_MAX	 4

struct folders {
	char at[FOLDERS_MAX][PATH_MAX];
	size_t count;
};

static void folder_add(struct folders *folders, const char *path, const char *below)
{
	int length;

	if (!path || !*path || folders->count == FOLDERS_MAX)
		return;
	length = snprintf(folders->at[folders->count], PATH_MAX, "%s%s", path, below);
	if (length > 0 && length < PATH_MAX)
		folders->count++;
}

static void folders_list(const struct profile_search *search, struct folders *folders)
{
	folders->count = 0;
	folder_add(folders, search->first, "");
	folder_add(folders, getenv("MUSTER_PROFILES"), "");
	folder_add(folders, search->program_folder, "/../share/muster/profiles");
	folder_add(folders, search->program_folder, "/../tool/profiles");
}

static bool name_is_good(const char *name, size_t length)
{
	if (!length || length > PROFILE_NAME_MAX)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length;
}

static void names_of_folder(const char *folder, struct word_list *names)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		const char *dot = strrchr(entry->d_name, '.');
		size_t length = dot ? (size_t)(dot - entry->d_name) : 0;
		bool known = false;

		if (!dot || strcmp(dot, ".profile") || !name_is_good(entry->d_name, length))
			continue;
		for (size_t i = 0; i < names->count; i++)
			known |= !strncmp(names->at[i], entry->d_name, length) &&
				 !names->at[i][length];
		if (!known)
			words_add(names, entry->d_name, length);
	}
	closedir(directory);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say_unknown(const struct folders *folders, const char *name, char *message, size_t size)
{
	struct word_list names = { 0 };
	char shown[64];
	size_t used;

	for (size_t i = 0; i < folders->count; i++)
		names_of_folder(folders->at[i], &names);
	if (names.count)
		qsort(names.at, names.count, sizeof(*names.at), compare_names);
	text_show(shown, sizeof(shown), name, strlen(name));
	snprintf(message, size, "unknown platform \"%s\"; there %s%s", shown,
		 names.count ? "is" : "are no profiles", names.count ? "" : " at all");
	for (size_t i = 0; i < names.count; i++) {
		used = strlen(message);
		snprintf(message + used, size - used, "%s %s", i ? "," : ":", names.at[i]);
	}
	words_free(&names);
}

int profile_find(const struct profile_search *search, const char *name, struct profile *profile,
		 char *message, size_t message_size)
{
	struct folders folders;
	char path[PATH_MAX + PROFILE_NAME_MAX + 16];

	*profile = (struct profile){ .cpus = 0 };
	folders_list(search, &folders);
	for (size_t i = 0; name_is_good(name, strlen(name)) && i < folders.count; i++) {
		size_t size;
		char *text;
		int result;

		snprintf(path, sizeof(path), "%s/%s.profile", folders.at[i], name);
		text = file_read(path, PROFILE_FILE_MAX, &size);
		if (!text && errno == ENOENT)
			continue;
		if (!text) {
			snprintf(message, message_size, "%s: %s", path, strerror(errno));
			return -1;
		}
		result = profile_parse(text, size, path, profile, message, message_size);
		free(text);
		strcpy(profile->name, name);
		return result;
	}
	say_unknown(&folders, name, message, message_size);
	return -1;
}

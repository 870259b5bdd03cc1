# SPDX-License-Identifier: MIT
# To be sourced: packages of another architecture than the machine's, which the machine's own package index
# does not have. foreign_apt_begin ARCHITECTURE FOLDER makes a configuration of its own in FOLDER, fetches
# its index, and sets foreign_options, which apt-get and apt-cache then take; foreign_log is where they
# wrote. apt checks signatures as ever. Never installs anything.
# shellcheck shell=sh

foreign_apt_begin() {
	mkdir -p "$2/lists/partial" "$2/cache/archives/partial" || return 1
	foreign_folder=$(cd "$2" && pwd)
	foreign_log=$foreign_folder/log
	# An empty status file: what is installed here says nothing about another architecture.
	: >"$foreign_folder/status"
	foreign_options="-o APT::Architecture=$1 -o APT::Architectures=$1
		-o Dir::State::Lists=$foreign_folder/lists -o Dir::State::status=$foreign_folder/status
		-o Dir::Cache=$foreign_folder/cache -o APT::Sandbox::User="
	# An index that updates only in part is no failure, as long as the package can be had.
	apt-get $foreign_options update >"$foreign_log" 2>&1 || :
}

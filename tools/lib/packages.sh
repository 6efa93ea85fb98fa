# Sourced: install_packages GROUP... installs what is missing of tools/packages, and is instant when nothing is;
# unpack_packages GROUP... has the programs of others in build/packages/NAME/usr/bin, and installs nothing.

# Prints the packages of the groups that dpkg does not have.
missing_packages() {
  local list="$root/tools/packages" group package
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$list"
  done | sort -u | while read -r package; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# prepare_apt WHAT FOR: sets `apt`, the command, as root's where that is to be had, and `log`.
prepare_apt() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These Debian packages are missing, and there is neither root nor sudo to $1 them: $2" >&2
      return 1
    }
    as_root=(sudo)
  fi
  mkdir -p "$root/build/log"
  log="$root/build/log/packages.log"
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300)
  : >"$log"
}

install_packages() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
    echo "Tutti's tools install what they need with apt-get and want Debian 12; on another system install what tools/packages lists." >&2
    return 1
  }
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  missing=$(echo $missing)
  local log start=$SECONDS apt
  prepare_apt install "$missing" || return 1
  echo "installing $(echo "$missing" | wc -w) Debian packages: $missing"
  # The lists that are here may know them all; a fresh machine has none, and old ones name files that are gone.
  with_heartbeat "$log" "${apt[@]}" install --no-install-recommends $missing ||
    { echo "  fetching the package lists" &&
      with_heartbeat "$log" "${apt[@]}" update &&
      with_heartbeat "$log" "${apt[@]}" install --no-install-recommends $missing; } || {
    tail -n 20 "$log" >&2
    echo "apt-get could not install: $missing (whole log: build/log/packages.log)" >&2
    return 1
  }
  echo "  installed in $((SECONDS - start)) s"
}

# Nothing of theirs runs: a package that brings a service starts it where it is installed, and at every boot.
unpack_packages() {
  local package log apt target
  for package in $(missing_packages "$@"); do
    target="$root/build/packages/$package"
    [ ! -d "$target" ] || continue
    echo "unpacking the Debian package $package into build/packages"
    rm -rf "$target.new"
    mkdir -p "$target.new" "$root/build/log"
    log="$root/build/log/packages.log"
    fetch_package "$package" "$target.new" "$log" ||
      { prepare_apt find "$package" && with_heartbeat "$log" "${apt[@]}" update &&
        fetch_package "$package" "$target.new" "$log"; } || {
      tail -n 20 "$log" >&2
      echo "apt-get could not fetch: $package (whole log: build/log/packages.log)" >&2
      return 1
    }
    dpkg -x "$target.new"/*.deb "$target.new"
    rm -f "$target.new"/*.deb
    mv "$target.new" "$target"
  done
}

# fetch_package NAME DIRECTORY LOG: needs no root, only package lists.
fetch_package() {
  (cd "$2" && with_heartbeat "$3" apt-get -q download "$1")
}

# with_heartbeat LOG COMMAND...: appends its output to the log, and shows the last line of that now and then.
with_heartbeat() {
  local log=$1 start=$SECONDS shown=$SECONDS
  shift
  "$@" </dev/null >>"$log" 2>&1 &
  local child=$!
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.5
    if [ $((SECONDS - shown)) -ge 10 ]; then
      shown=$SECONDS
      echo "  ... $((SECONDS - start)) s: $(tail -n 1 "$log" | cut -c 1-90)"
    fi
  done
  wait "$child"
}

// SPDX-License-Identifier: ISC
#include "daemon/os/namespaces.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <exception>
#include <utility>

#include "daemon/os/system_error.h"
#include "daemon/os/thread.h"

namespace minetd {
namespace {

/// Of memory, of which a full one may not take all.
constexpr const char* tmp_options = "mode=1777,size=10%";

void require(int result, const std::string& what) {
    if (result < 0) throw_errno(what);
}

UniqueFd own_namespace(const char* name) {
    UniqueFd fd(
        ::open((std::string("/proc/thread-self/ns/") + name).c_str(), O_RDONLY | O_CLOEXEC));
    require(fd.get(), std::string("name space of ") + name);
    return fd;
}

void raise_loopback() {
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::string("lo").copy(request.ifr_name, sizeof request.ifr_name);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    require(::ioctl(any.get(), SIOCSIFFLAGS, &request), "private_network: lo");
}

void make_tmp(const char* path, bool needed) {
    if (::mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, tmp_options) == 0) return;
    if (errno != ENOENT || needed) throw_errno(std::string("private_tmp: ") + path);
}

/// Copies of these mounts, taken before they are made read-only.
std::vector<std::pair<std::string, UniqueFd>> set_aside(const std::vector<std::string>& paths) {
    std::vector<std::pair<std::string, UniqueFd>> copies;
    for (const std::string& path : paths) {
        UniqueFd tree(::open_tree(AT_FDCWD, path.c_str(),
                                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
        require(tree.get(), "read_write_paths: " + path);
        copies.emplace_back(path, std::move(tree));
    }
    return copies;
}

void make_read_only(int everything, const std::vector<std::string>& but) {
    const auto copies = set_aside(but);
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    require(::mount_setattr(everything, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                            sizeof attributes),
            "read_only: mount_setattr");
    for (const auto& [path, tree] : copies)
        require(::move_mount(tree.get(), "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH),
                "read_write_paths: " + path);
}

/// On a thread that nothing else runs on: what it has of its own ends with it, unless it is held.
Namespaces furnish(const Surroundings& wanted) {
    const bool mounts = wanted.private_tmp || wanted.read_only;
    require(::unshare(CLONE_FS | (mounts ? CLONE_NEWNS : 0) |
                      (wanted.private_network ? CLONE_NEWNET : 0)),
            "unshare");
    Namespaces made;
    if (wanted.private_network) {
        raise_loopback();
        made.network = own_namespace("net");
    }
    UniqueFd everything;
    if (mounts) {
        // What the host mounts later is seen here too, but where it would not be read-only.
        const unsigned long way = wanted.read_only ? MS_PRIVATE : MS_SLAVE;
        require(::mount("none", "/", nullptr, MS_REC | way, nullptr), "mount");
        made.mount = own_namespace("mnt");
        everything.reset(::open("/", O_PATH | O_CLOEXEC));
        require(everything.get(), "/");
    }
    if (!wanted.root.empty()) {
        require(::chroot(wanted.root.c_str()), "chroot " + wanted.root);
        require(::chdir("/"), "chroot " + wanted.root);
    }
    if (wanted.read_only) make_read_only(everything.get(), wanted.read_write);
    if (wanted.private_tmp) {
        make_tmp("/tmp", true);
        make_tmp("/var/tmp", false);
    }
    const LandlockPaths& paths = wanted.landlock;
    if (!paths.read.empty() || !paths.write.empty() || !paths.execute.empty())
        made.landlock = make_landlock_rules(paths);
    return made;
}

}  // namespace

bool Surroundings::any() const {
    return !root.empty() || private_tmp || private_network || read_only || !landlock.read.empty() ||
           !landlock.write.empty() || !landlock.execute.empty();
}

Namespaces make_namespaces(const Surroundings& surroundings) {
    Namespaces made;
    std::exception_ptr problem;
    Thread(0, [&] {
        try {
            made = furnish(surroundings);
        } catch (...) {
            problem = std::current_exception();
        }
    }).join();
    if (problem) std::rethrow_exception(problem);
    return made;
}

}  // namespace minetd

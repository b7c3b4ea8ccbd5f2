// SPDX-License-Identifier: ISC
#include "daemon/credential_directory.h"

#include <doctest/doctest.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace minetd;
namespace fs = std::filesystem;

namespace {

struct Place {
    Place() {
        char name[] = "/tmp/minetd-credentials-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        root = name;
        ::setenv("CREDENTIALS_DIRECTORY", (root / "given").c_str(), 1);
        fs::create_directory(root / "given");
        put("given/key", "secret");
        put("file", std::string("\0binary\n", 8));
    }
    ~Place() {
        ::unsetenv("CREDENTIALS_DIRECTORY");
        fs::remove_all(root);
    }
    void put(const std::string& name, const std::string& text) {
        std::ofstream(root / name, std::ios::binary) << text;
    }
    fs::path root;
};

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

ServiceSpec service(const Place& place) {
    ServiceSpec spec;
    spec.id = spec.name = "api";
    if (::geteuid() == 0) spec.user = "nobody";
    spec.credentials = {"key", "tls:" + (place.root / "file").string()};
    return spec;
}

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("a service's credentials: its own, its user's, and gone with it") {
        Place place;
        const ServiceSpec spec = service(place);
        const std::string base = place.root / "base";
        std::string path;
        {
            const CredentialDirectory directory(spec, base);
            path = directory.path();
            CHECK(path == base + '/' + std::to_string(::getpid()) + "/api-tcp");
            CHECK(text_of(path + "/key") == "secret");
            CHECK(text_of(path + "/tls") == std::string("\0binary\n", 8));
            CHECK(std::distance(fs::directory_iterator(path), {}) == 2);
            CHECK_FALSE(fs::exists(path + ".new"));
            const passwd* user = ::getpwnam("nobody");
            REQUIRE(user != nullptr);
            const uid_t owner = ::geteuid() == 0 ? user->pw_uid : ::geteuid();
            struct {
                std::string path;
                mode_t mode;
                uid_t owner;
            } const rows[] = {
                {path, S_IFDIR | 0500, owner},
                {path + "/key", S_IFREG | 0400, owner},
                {path + "/tls", S_IFREG | 0400, owner},
                {base, S_IFDIR | 0711, ::geteuid()},
            };
            for (const auto& row : rows) {
                CAPTURE(row.path);
                struct stat status {};
                REQUIRE(::stat(row.path.c_str(), &status) == 0);
                CHECK(status.st_mode == row.mode);
                CHECK(status.st_uid == row.owner);
            }
        }
        CHECK_FALSE(fs::exists(path));
        CHECK(fs::is_empty(base));
    }

    TEST_CASE("credentials are read again, and one that is missing leaves what there is") {
        Place place;
        ServiceSpec spec = service(place);
        CredentialDirectory directory(spec, place.root / "base");
        place.put("given/key", "newer");
        spec.credentials = {"key"};
        directory.fill(spec);
        CHECK(text_of(directory.path() + "/key") == "newer");
        CHECK_FALSE(fs::exists(directory.path() + "/tls"));
        spec.credentials = {"key", "none"};
        CHECK_THROWS_WITH(directory.fill(spec),
                          ("credential none: " + (place.root / "given/none").string() +
                           ": No such file or directory")
                              .c_str());
        CHECK(text_of(directory.path() + "/key") == "newer");
        CHECK_FALSE(fs::exists(directory.path() + ".new"));
        ::unsetenv("CREDENTIALS_DIRECTORY");
        CHECK_THROWS_WITH(directory.fill(spec),
                          "credential key: the service manager gave minetd none (LoadCredential= "
                          "in its unit)");
    }

    TEST_CASE(
        "what its user puts in it is in nobody's way, and what that points to is left alone") {
        Place place;
        const ServiceSpec spec = service(place);
        const fs::path base = place.root / "base";
        {
            CredentialDirectory directory(spec, base);
            for (int round = 0; round < 2; ++round) {
                const fs::path path = directory.path();
                fs::permissions(path, fs::perms::owner_all);
                fs::path deep = path / "d";
                for (int i = 0; i < 50; ++i) deep /= i % 2 == 0 ? ".1" : "d";
                fs::create_directories(deep);
                fs::create_directories(path / ".1" / ".2");
                fs::create_directory_symlink(place.root / "given", deep / "link");
                fs::create_directory_symlink(place.root / "given", path / "link");
                std::ofstream(deep / "file") << "x";
                if (::geteuid() == 0)
                    for (const auto& entry : fs::recursive_directory_iterator(path))
                        CHECK(::lchown(entry.path().c_str(), 65534, 65534) == 0);
                fs::permissions(path / "d", fs::perms::owner_read | fs::perms::owner_exec);
                CHECK_NOTHROW(directory.fill(spec));
                CHECK(std::distance(fs::directory_iterator(directory.path()), {}) == 2);
                CHECK_FALSE(fs::exists(path.string() + ".new"));
            }
        }
        CHECK(fs::is_empty(base));
        CHECK(text_of(place.root / "given/key") == "secret");
    }

    TEST_CASE("what a minetd that was killed left is removed") {
        Place place;
        const fs::path base = place.root / "base";
        // No process has this number: it is above pid_max.
        fs::create_directories(base / "999999999" / "x-tcp");
        place.put("base/999999999/x-tcp/key", "old");
        const CredentialDirectory directory(service(place), base);
        CHECK_FALSE(fs::exists(base / "999999999"));
        CHECK(fs::exists(directory.path()));
    }
}

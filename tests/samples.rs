//! The whole output for every sample tree, as an admin sees it. Read a changed snapshot before accepting it.

use super::cli::{pvelint, stderr, stdout, without_time};

fn shown(sample: &str) -> String {
    let output = pvelint(&["check", &format!("samples/{sample}")]);
    assert_eq!(stderr(&output), "");
    format!("{}exit code {}\n", without_time(&stdout(&output)), output.status.code().unwrap())
}

macro_rules! samples {
    ($($name:ident $dir:literal)*) => {
        $(#[test] fn $name() { insta::assert_snapshot!(shown($dir)); })*

        #[test]
        fn every_sample_has_its_snapshot() {
            let mut dirs: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/samples"))
                .unwrap()
                .map(|entry| entry.unwrap())
                .filter(|entry| entry.file_type().unwrap().is_dir())
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect();
            dirs.sort();
            let mut known = vec![$($dir),*];
            known.sort_unstable();
            assert_eq!(dirs, known);
        }
    };
}

samples! {
    acl_path_misspelt "acl-path-misspelt"
    clean "clean"
    ghost_storage "ghost-storage"
    guest_missing_from_pool "guest-missing-from-pool"
    helpdesk_becomes_root "helpdesk-becomes-root"
    homelab "homelab"
    idmap_hole "idmap-hole"
    iso_storage_without_iso "iso-storage-without-iso"
    token_without_acl "token-without-acl"
    vms_full_of_mistakes "vms-full-of-mistakes"
    vm_monitor_on_pve_9 "vm-monitor-on-pve-9"
    disk_without_storage "disk-without-storage"
}

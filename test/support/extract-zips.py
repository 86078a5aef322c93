"""Extracts archives as a Cloudify Manager does, and prints what came of each: one line of JSON an archive.

usage: python extract-zips.py FILE
FILE holds archives one after the other, each after its length in 8 bytes, big-endian. Runs on Python 2.7 and 3.
"""
import binascii
import json
import os
import shutil
import struct
import sys
import tempfile
import zipfile
import zlib


def tree(root):
    """Hex of each path below root to its CRC-32, or to -1 for a folder."""
    found = {}
    root = root if isinstance(root, bytes) else root.encode('utf-8')
    for folder, folders, files in os.walk(root):
        for name in folders:
            found[hexed(os.path.join(folder, name), root)] = -1
        for name in files:
            with open(os.path.join(folder, name), 'rb') as handle:
                found[hexed(os.path.join(folder, name), root)] = zlib.crc32(handle.read()) & 0xffffffff
    return found


def hexed(path, root):
    return binascii.hexlify(path[len(root) + 1:]).decode('ascii')


def extract(path):
    target = tempfile.mkdtemp('-snapshot-data')
    try:
        with zipfile.ZipFile(path, 'r') as archive:
            archive.extractall(target)
        return {'tree': tree(target)}
    except Exception as error:  # every one of them would end a restore
        return {'error': type(error).__name__}
    finally:
        shutil.rmtree(target, ignore_errors=True)


def main():
    work = tempfile.mkdtemp()
    path = os.path.join(work, 'snapshot.zip')
    try:
        with open(sys.argv[1], 'rb') as source:
            while True:
                head = source.read(8)
                if not head:
                    return
                with open(path, 'wb') as handle:
                    handle.write(source.read(struct.unpack('>Q', head)[0]))
                print(json.dumps(extract(path)))
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
